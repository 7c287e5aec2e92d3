import { useEffect, useRef } from "preact/hooks";
import type { JSX } from "preact";
import { isOutcome } from "@baton/client";
import { age, duration } from "@baton/shared/clock.ts";
import { Icon } from "@baton/shared/icons.tsx";
import { custodySentence, transferSentence, whatNow } from "./sentences.ts";
import * as session from "./session.ts";
import type { TrackedTransfer } from "./state.ts";
import { t } from "./texts.ts";

const GOOD = new Set(["connected", "handedOver", "completed", "canceled"]);

/** What becomes of the call that was handed on, until a human has it, and what to do if nobody takes it. */
export function TransferTracker({ transfer }: { transfer: TrackedTransfer }): JSX.Element {
  const done = isOutcome(transfer.state);
  const kind = !done ? "running" : GOOD.has(transfer.state) ? "good" : "bad";
  const sentence = transferSentence(transfer);
  const next = whatNow(transfer) || (transfer.error?.suggestedAction ?? "");
  const told = useRef("");
  useEffect(() => {
    const text = `${sentence}. ${custodySentence(transfer)}.`;
    if (told.current !== text) session.announcement.value = text;
    told.current = text;
  });
  return (
    <section class={`card tracker ${kind}`} aria-labelledby="tracker-heading">
      <p class="eyebrow">
        <span id="tracker-heading">{t("transfer")}</span>
        {done ? null : <time class="clock">{age(transfer.since)}</time>}
      </p>
      <p class="sentence">{sentence}</p>
      <dl>
        {next ? (
          <div class="whole">
            <dt>{t("whatNow")}</dt>
            <dd>{next}</dd>
          </div>
        ) : null}
        <div>
          <dt>{t("whereCustomer")}</dt>
          <dd>{custodySentence(transfer)}</dd>
        </div>
        {transfer.estimatedWaitSeconds !== undefined && !done ? (
          <div>
            <dt>{t("waiting")}</dt>
            <dd>{t("estimated", { time: duration(transfer.estimatedWaitSeconds * 1000) })}</dd>
          </div>
        ) : null}
        {transfer.options.note ? (
          <div class="whole">
            <dt>{t("noteSent")}</dt>
            <dd>{transfer.options.note}</dd>
          </div>
        ) : null}
      </dl>
      <div class="actions">
        {session.takeBackAllowed.value ? (
          <button
            type="button"
            disabled={session.busy.value.has("takeBack")}
            onClick={() => void session.takeBack()}
          >
            <Icon name="back" />
            {session.busy.value.has("takeBack") ? t("takingBack") : t("takeBack")}
          </button>
        ) : null}
        {kind === "bad" && session.buttons.value.blindTransfer ? (
          <button type="button" onClick={() => (session.transferBoxOpen.value = true)}>
            <Icon name="transfer" />
            {t("tryAgain")}
          </button>
        ) : null}
      </div>
    </section>
  );
}
