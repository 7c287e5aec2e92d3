import { age } from "@baton/shared/clock.ts";
import { LanguageChoice } from "@baton/shared/LanguageChoice.tsx";
import { SignOut } from "@baton/shared/SignOut.tsx";
import { agentStateName } from "@baton/shared/texts.ts";
import type { JSX } from "preact";
import { busy, endWork, setState, shortcuts, signing, startWork, state, who } from "./session.ts";
import { storage } from "./storage.ts";
import { t } from "./texts.ts";

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
                {agentStateName(stateName)}
              </option>
            )}
            {choices.map(({ label }) => (
              <option key={label} value={label}>
                {label}
              </option>
            ))}
          </select>
          <time class="clock">{age(agent.stateChangeTime)}</time>
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
          {who.value && who.value.role !== "agent" ? (
            <a href="/supervisor/">{t("supervisorView")}</a>
          ) : null}
          <LanguageChoice />
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
          <SignOut signing={signing} />
        </div>
      </details>
    </header>
  );
}
