import { render } from "preact";
import type { ComponentType } from "preact";
import { storage } from "./storage.ts";
import { LANGUAGES, type Language, language } from "./texts.ts";

/** Shows a page in the language that was chosen, or else in the browser's. */
export function start(Page: ComponentType): void {
  const wanted = storage.language() ?? navigator.language.slice(0, 2);
  if (wanted in LANGUAGES) language.value = wanted as Language;
  const root = document.getElementById("app");
  if (root) render(<Page />, root);
}
