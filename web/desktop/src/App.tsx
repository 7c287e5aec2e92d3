import { useEffect } from "preact/hooks";
import type { JSX } from "preact";
import { SignIn } from "@baton/shared/SignIn.tsx";
import { language } from "@baton/shared/texts.ts";
import { CallCard } from "./CallCard.tsx";
import { Header } from "./Header.tsx";
import { Idle } from "./Idle.tsx";
import { Keypad } from "./Keypad.tsx";
import * as session from "./session.ts";
import { customerOf } from "./state.ts";
import { t } from "./texts.ts";
import { TransferBox } from "./TransferBox.tsx";
import { TransferTracker } from "./TransferTracker.tsx";

/** One key, while nobody types: what it does, if it may be done now. */
const KEYS: Record<string, () => void> = {
  t: () => {
    if (!session.buttons.value.blindTransfer) return;
    // The box gives the focus back to what had it. Where nothing has it, that is the button of this key.
    if (document.activeElement === document.body)
      document.querySelector<HTMLElement>("[aria-keyshortcuts=T]")?.focus();
    session.transferBoxOpen.value = true;
  },
  a: () => {
    if (session.buttons.value.answer) void session.answer();
  },
  h: () => {
    if (session.buttons.value.hold || session.buttons.value.resume) void session.holdOrResume();
  },
  m: () => {
    const { mute, unmute } = session.state.value.rules;
    if (mute || unmute) void session.muteOrNot();
  },
};

function onKey(event: KeyboardEvent): void {
  // A key that is held down is one press.
  if (!session.shortcuts.value || event.repeat || event.ctrlKey || event.metaKey || event.altKey)
    return;
  const target = event.target as HTMLElement | null;
  // The list of states keeps the focus after a choice: while there is a call, its letters are the call's.
  const typing = session.state.value.call
    ? "input, textarea, dialog"
    : "input, textarea, select, dialog";
  if (target?.closest(typing)) return;
  const act = KEYS[event.key.toLowerCase()];
  if (!act) return;
  event.preventDefault(); // The letter is not the search's first.
  act();
}

export function App(): JSX.Element | null {
  useEffect(() => {
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
  useEffect(() => {
    document.documentElement.lang = language.value;
  }, [language.value]);
  if (!session.signing.looked.value) return null;
  if (!session.who.value) return <SignIn signing={session.signing} />;
  return <Desk />;
}

function Desk(): JSX.Element {
  const { call, transfer } = session.state.value;
  const phase = session.phase.value;
  const customer = call ? customerOf(call) : null;
  useEffect(() => {
    document.title = phase === "offered" ? `${t("incoming")} – ${t("title")}` : t("title");
    if (phase !== "offered") return;
    const text = `${t("incoming")}: ${customer ?? t("unknownCaller")}`;
    session.announcement.value = text;
    // A text that is there already is not read out: the same customer may call again.
    return () => {
      if (session.announcement.value === text) session.announcement.value = "";
    };
  }, [phase, customer]);
  const tracked = transfer && call && transfer.contactId === call.contactId ? transfer : null;
  const away = session.connection.value !== "open";
  return (
    <>
      <Header />
      <p class={`banner ${away ? "away" : ""}`} role="status">
        {away ? t("offline") : ""}
      </p>
      <main class={call ? (tracked ? "busy tracked" : "busy") : ""}>
        {call ? <CallCard call={call} /> : <Idle />}
        {tracked ? <TransferTracker transfer={tracked} /> : null}
        {session.refusal.value ? (
          <p class="card failure" role="alert">
            {session.refusal.value}
          </p>
        ) : null}
      </main>
      <p class="hidden" role="status" aria-live="polite">
        {session.announcement.value}
      </p>
      {session.transferBoxOpen.value ? <TransferBox /> : null}
      {session.keypadOpen.value ? <Keypad /> : null}
    </>
  );
}
