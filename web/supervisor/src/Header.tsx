import { LanguageChoice } from "@baton/shared/LanguageChoice.tsx";
import { SignOut } from "@baton/shared/SignOut.tsx";
import type { JSX } from "preact";
import { linkTo, route, VIEWS, viewOf } from "./route.ts";
import { signing } from "./session.ts";
import { t } from "./texts.ts";

/** The views, and the supervisor's own choices. */
export function Header(): JSX.Element {
  const signed = signing.who.value;
  const current = viewOf(route.value);
  return (
    <header>
      <span class="brand">{t("title")}</span>
      {signed?.role === "agent" ? null : (
        <nav aria-label={t("views")}>
          {VIEWS.map((view) => (
            <a
              key={view}
              href={linkTo({ view })}
              {...(view === current && { "aria-current": "page" as const })}
            >
              {t(view)}
            </a>
          ))}
        </nav>
      )}
      <span class="grow" />
      <details class="menu">
        <summary>{signed?.login}</summary>
        <div class="sheet">
          <a href="/">{t("toDesktop")}</a>
          <LanguageChoice />
          <SignOut signing={signing} />
        </div>
      </details>
    </header>
  );
}
