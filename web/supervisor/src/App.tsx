import { SignIn } from "@baton/shared/SignIn.tsx";
import { language } from "@baton/shared/texts.ts";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { FiguresView } from "./FiguresView.tsx";
import { Header } from "./Header.tsx";
import { LiveView } from "./LiveView.tsx";
import { route, viewOf } from "./route.ts";
import { SearchView } from "./SearchView.tsx";
import { announcement, signing } from "./session.ts";
import { t } from "./texts.ts";
import { TimelineDialog } from "./TimelineDialog.tsx";

export function App(): JSX.Element | null {
  const signed = signing.who.value;
  const view = viewOf(route.value);
  useEffect(() => {
    document.documentElement.lang = language.value;
    document.title = `${signed ? t(view) : t("pageTitle")} – ${t("title")}`;
  }, [language.value, view, signed]);
  if (!signing.looked.value) return null;
  if (!signed) return <SignIn signing={signing} />;
  if (signed.role === "agent") return <NotForYou login={signed.login} />;
  const away = signing.connection.value !== "open";
  return (
    <>
      <Header />
      <p class={`banner ${away ? "away" : ""}`} role="status">
        {away ? t("offline") : ""}
      </p>
      <main>
        {view === "live" ? <LiveView /> : view === "figures" ? <FiguresView /> : <SearchView />}
      </main>
      <p class="hidden" role="status" aria-live="polite">
        {/* A new node: a text that is there already is not read out, and outcomes may be equal. */}
        <span key={announcement.value.turn}>{announcement.value.text}</span>
      </p>
      {route.value.transfer ? (
        <TimelineDialog key={route.value.transfer} id={route.value.transfer} />
      ) : null}
    </>
  );
}

/** An agent may see his own calls only; the server refuses him the rest. */
function NotForYou({ login }: { login: string }): JSX.Element {
  return (
    <>
      <Header />
      <main>
        <section class="card center">
          <h1>{t("notForYou")}</h1>
          <p>{t("notForYouHelp", { login })}</p>
          <a class="button primary" href="/">
            {t("toDesktop")}
          </a>
        </section>
      </main>
    </>
  );
}
