import type { ComponentChildren, JSX } from "preact";
import { age } from "@baton/shared/clock.ts";
import { Icon } from "@baton/shared/icons.tsx";
import { readable } from "@baton/shared/numbers.ts";
import { transferSentence } from "./sentences.ts";
import * as session from "./session.ts";
import { agentLeg, type Call, customerOf, details, otherLeg } from "./state.ts";
import { t } from "./texts.ts";

const HEADINGS = {
  offered: "incoming",
  calling: "calling",
  talking: "connected",
  held: "onHold",
  afterCall: "afterCall",
  missed: "missed",
} as const;

interface ActionProps {
  name: string;
  icon: Parameters<typeof Icon>[0]["name"];
  act: () => unknown;
  enabled: boolean;
  kind?: "primary" | "danger";
  shortcut?: string;
  pressed?: boolean;
  children: ComponentChildren;
}

/** A button of the call: enabled by what the server allows, waiting while its request is under way. */
function Action({
  name,
  icon,
  act,
  enabled,
  kind,
  shortcut,
  pressed,
  children,
}: ActionProps): JSX.Element {
  return (
    <button
      type="button"
      class={kind ?? ""}
      disabled={!enabled || session.busy.value.has(name)}
      aria-keyshortcuts={shortcut && session.shortcuts.value ? shortcut : undefined}
      aria-pressed={pressed}
      onClick={() => void act()}
    >
      <Icon name={icon} />
      {children}
      {shortcut && session.shortcuts.value ? <kbd aria-hidden="true">{shortcut}</kbd> : null}
    </button>
  );
}

/** Who, how long, from where, what is known of him, and what can be done. */
export function CallCard({ call }: { call: Call }): JSX.Element {
  const phase = session.phase.value ?? "talking";
  const buttons = session.buttons.value;
  const { rules } = session.state.value;
  const customer = customerOf(call);
  const mine = agentLeg(call);
  const other = otherLeg(call);
  const since = mine?.statusTimestamp ?? other?.statusTimestamp;
  const by = call.attributes.TransferredBy;
  const transfer = session.state.value.transfer;
  const returned = transfer?.contactId === call.contactId && transfer.state === "returned";
  const mineAgain = by === session.who.value?.login;
  const more = details(call);
  return (
    <section class={`card call ${phase}`} aria-labelledby="call-heading">
      <p class="eyebrow">
        <span id="call-heading">{t(HEADINGS[phase])}</span>
        {since ? <time class="clock">{age(since)}</time> : null}
      </p>
      <h1>{customer ? readable(customer) : t("unknownCaller")}</h1>
      <p class="facts">
        {call.queueName ? <span>{t("fromQueue", { queue: call.queueName })}</span> : null}
        {call.attributes.DNIS ? (
          <span>{t("dialled", { number: readable(call.attributes.DNIS) })}</span>
        ) : null}
        {call.queueSince && phase === "offered" ? (
          <span>{t("waitedInAll", { time: age(call.queueSince) })}</span>
        ) : null}
      </p>
      {returned && transfer ? <p class="badge">{transferSentence(transfer)}</p> : null}
      {by && !mineAgain ? (
        <div class="handover">
          <strong>{t("transferredBy", { who: by })}</strong>
          {call.attributes.TransferNote ? <p>{call.attributes.TransferNote}</p> : null}
        </div>
      ) : null}
      <div class="actions">
        {buttons.answer || buttons.reject ? (
          <>
            <Action
              name="answer"
              icon="phone"
              act={session.answer}
              enabled={buttons.answer}
              kind="primary"
              shortcut="A"
            >
              {t("answer")}
            </Action>
            <Action name="reject" icon="close" act={session.reject} enabled={buttons.reject}>
              {t("reject")}
            </Action>
          </>
        ) : buttons.clearContact ? (
          <Action name="clear" icon="check" act={session.clearContact} enabled kind="primary">
            {t("clear")}
          </Action>
        ) : (
          <>
            <Action
              name="transfer"
              icon="transfer"
              act={() => (session.transferBoxOpen.value = true)}
              enabled={buttons.blindTransfer && !session.transferring.value}
              kind="primary"
              shortcut="T"
            >
              {t("transfer")}
            </Action>
            <Action
              name="hold"
              icon={buttons.resume ? "play" : "pause"}
              act={session.holdOrResume}
              enabled={buttons.hold || buttons.resume}
              shortcut="H"
            >
              {buttons.resume ? t("resume") : t("hold")}
            </Action>
            <Action
              name="mute"
              icon="mic"
              act={session.muteOrNot}
              enabled={Boolean(rules.mute || rules.unmute)}
              shortcut="M"
              pressed={session.state.value.agent?.muted ?? false}
            >
              {t("mute")}
            </Action>
            <Action
              name="keypad"
              icon="keypad"
              act={() => (session.keypadOpen.value = true)}
              enabled={buttons.numberpad}
            >
              {t("keypad")}
            </Action>
            <Action
              name="hangUp"
              icon="hangUp"
              act={session.hangUp}
              enabled={buttons.disconnect}
              kind="danger"
            >
              {t("hangUp")}
            </Action>
          </>
        )}
      </div>
      {more.length > 0 ? (
        <dl class="attributes" aria-label={t("attributes")}>
          {more.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      ) : null}
      <Note key={call.contactId} contactId={call.contactId} />
    </section>
  );
}

/** The agent's own note: kept at each stroke, so nothing that happens to the page loses it. */
function Note({ contactId }: { contactId: string }): JSX.Element {
  return (
    <label class="field note">
      <span>
        {t("note")} <small>{t("noteHint")}</small>
      </span>
      <textarea
        rows={3}
        maxLength={2000}
        value={session.noteOf("notes", contactId)}
        onInput={(event) => session.setNote("notes", contactId, event.currentTarget.value)}
      />
    </label>
  );
}
