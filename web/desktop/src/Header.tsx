import type { JSX } from "preact";
import { duration } from "./sentences.ts";
import {
  busy,
  endWork,
  now,
  setState,
  shortcuts,
  signOut,
  startWork,
  state,
  who,
} from "./session.ts";
import { storage } from "./storage.ts";
import { LANGUAGES, language, type Language, t, type TextKey } from "./texts.ts";

/** The states that the agent does not choose; those of the directory have the names that it gives them. */
const NAMES: Record<string, TextKey> = {
  PendingBusy: "nameOffered",
  Busy: "nameBusy",
  AfterCallWork: "nameAfterCall",
  MissedCallAgent: "nameMissed",
  FailedConnectAgent: "nameFailed",
};
const nameOf = (state: string): string => (NAMES[state] ? t(NAMES[state]) : state);

/** The agent, his state with its clock, and his choices. */
export function Header(): JSX.Element {
  const { agent, choices, loggedIn, stateName } = state.value;
  const listed = choices.some(({ label }) => label === stateName);
  const name = agent?.name || who.value?.login;
  return (
    <header>
      <span class="brand">{t("title")}</span>
      <span class="grow" />
      {loggedIn && agent ? (
        <div class="state">
          <span class={`dot ${agent.type}`} aria-hidden="true" />
          <select
            aria-label={t("state")}
            value={listed ? stateName : ""}
            disabled={busy.value.has("state")}
            onChange={(event) => {
              const chosen = choices.find(({ label }) => label === event.currentTarget.value);
              if (chosen) void setState(chosen);
            }}
          >
            {listed ? null : (
              <option value="" disabled>
                {nameOf(stateName)}
              </option>
            )}
            {choices.map(({ label }) => (
              <option key={label} value={label}>
                {label}
              </option>
            ))}
          </select>
          <time class="clock">{duration(now.value - Date.parse(agent.stateChangeTime))}</time>
        </div>
      ) : null}
      <details class="menu">
        <summary>{name}</summary>
        <div class="sheet">
          {loggedIn ? (
            <button
              type="button"
              disabled={state.value.call !== null}
              onClick={() => void endWork()}
            >
              {t("logOut")}
            </button>
          ) : (
            <button type="button" onClick={() => void startWork()}>
              {t("logIn")}
            </button>
          )}
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
          <label class="check">
            <input
              type="checkbox"
              checked={shortcuts.value}
              onChange={(event) => {
                shortcuts.value = event.currentTarget.checked;
                storage.setShortcuts(shortcuts.value);
              }}
            />
            <span>
              {t("shortcuts")}
              <small>{t("shortcutsHelp")}</small>
            </span>
          </label>
          <button type="button" onClick={() => void signOut()}>
            {t("signOut")}
          </button>
        </div>
      </details>
    </header>
  );
}
