import type { JSX } from "preact";
import { storage } from "./storage.ts";
import { LANGUAGES, type Language, language, t } from "./texts.ts";

export function LanguageChoice(): JSX.Element {
  return (
    <label class="field">
      {t("language")}
      <select
        value={language.value}
        onChange={(event) => {
          language.value = event.currentTarget.value as Language;
          storage.setLanguage(language.value);
        }}
      >
        {Object.entries(LANGUAGES).map(([key, label]) => (
          <option key={key} value={key} lang={key}>
            {label}
          </option>
        ))}
      </select>
    </label>
  );
}
