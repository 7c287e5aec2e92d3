import { age } from "@baton/shared/clock.ts";
import { Icon } from "@baton/shared/icons.tsx";
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { CancelDialog } from "./CancelDialog.tsx";
import { type Watched, waits } from "./live.ts";
import { MoveDialog } from "./MoveDialog.tsx";
import { linkTo, route } from "./route.ts";
import { custodySentence, partiesOf, stateSentence } from "./sentences.ts";
import { live } from "./session.ts";
import { t } from "./texts.ts";
import { Waiting } from "./Waiting.tsx";

/** The outcomes after which a human has the customer. */
const GOOD = new Set(["connected", "handedOver", "completed", "canceled"]);
/** Whether it ended as somebody wanted: also who comes back because it was called off. */
const asWanted = ({ state, reason }: Watched): boolean => GOOD.has(state) || reason === "canceled";

/** The transfers on their way, and those that just ended. */
export function Flights(): JSX.Element {
  const { open, ended } = live.value;
  const canceling = useSignal<Watched | null>(null);
  const moving = useSignal<Watched | null>(null);
  return (
    <div class="flights">
      <section class="card" aria-labelledby="flights-heading">
        <h2 id="flights-heading">{t("inFlight")}</h2>
        {open.length === 0 ? <p class="empty">{t("noneInFlight")}</p> : null}
        <ul class={open.length === 0 ? "none" : ""}>
          {open.map((transfer) => (
            <li key={transfer.transferId} class="flight">
              <div class="what">
                <Parties transfer={transfer} />
                <span class="sentence">{stateSentence(transfer)}</span>
              </div>
              <dl>
                <div>
                  <dt>{t("custody")}</dt>
                  <dd>
                    <strong>{custodySentence(transfer)}</strong>{" "}
                    <time class="clock">{t("forTime", { time: age(transfer.custodySince) })}</time>
                  </dd>
                </div>
                <div>
                  <dt>{t("inAll")}</dt>
                  <dd class="clock">{transfer.acceptedAt ? age(transfer.acceptedAt) : "–"}</dd>
                </div>
              </dl>
              <div class="actions">
                {waits(transfer) ? (
                  <button type="button" onClick={() => (moving.value = transfer)}>
                    <Icon name="transfer" />
                    {t("move")} <Hidden transfer={transfer} />
                  </button>
                ) : null}
                <button type="button" class="danger" onClick={() => (canceling.value = transfer)}>
                  <Icon name="back" />
                  {t("cancel")} <Hidden transfer={transfer} />
                </button>
              </div>
            </li>
          ))}
        </ul>
      </section>
      <Waiting />
      <section class="card" aria-labelledby="ended-heading">
        <h2 id="ended-heading">{t("justEnded")}</h2>
        {ended.length === 0 ? <p class="empty">{t("noneEnded")}</p> : null}
        <ul class={ended.length === 0 ? "none" : ""}>
          {ended.map((transfer) => (
            <li
              key={transfer.transferId}
              class={`flight done ${asWanted(transfer) ? "good" : "bad"}`}
            >
              <div class="what">
                <Parties transfer={transfer} />
                <span class="sentence">{stateSentence(transfer)}</span>
              </div>
              <small class="clock">{t("ago", { time: age(transfer.at) })}</small>
            </li>
          ))}
        </ul>
      </section>
      {canceling.value ? (
        <CancelDialog transfer={canceling.value} close={() => (canceling.value = null)} />
      ) : null}
      {moving.value ? (
        <MoveDialog
          contactId={moving.value.contactId}
          queue={moving.value.queueName ?? partiesOf(moving.value).name}
          close={() => (moving.value = null)}
        />
      ) : null}
    </div>
  );
}

/** Which transfer a button is for, where the eye sees it anyway. */
const Hidden = ({ transfer }: { transfer: Watched }): JSX.Element => (
  <span class="hidden">{t("transferOf", partiesOf(transfer))}</span>
);

/** Who handed on to whom; it opens the transfer's steps. */
function Parties({ transfer }: { transfer: Watched }): JSX.Element {
  return (
    <a
      class="parties"
      href={linkTo({ ...route.value, transfer: transfer.transferId })}
      title={t("detailsOf", partiesOf(transfer))}
    >
      {t("transferOf", partiesOf(transfer))}
    </a>
  );
}
