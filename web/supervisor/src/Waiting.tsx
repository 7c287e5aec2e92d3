import { age } from "@baton/shared/clock.ts";
import { Icon } from "@baton/shared/icons.tsx";
import { readable } from "@baton/shared/numbers.ts";
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { Waiting as Customer } from "./live.ts";
import { MoveDialog } from "./MoveDialog.tsx";
import { live } from "./session.ts";
import { t } from "./texts.ts";

/** How many rows there are at most: those who wait longest. */
const ROWS = 50;

/** Who waits, the longest first, and moving him to another queue. */
export function Waiting(): JSX.Element {
  const { waiting } = live.value;
  const moving = useSignal<Customer | null>(null);
  const more = waiting.length - ROWS;
  return (
    <section class="card" aria-labelledby="waiting-heading">
      <h2 id="waiting-heading">{t("waitingNow")}</h2>
      {waiting.length === 0 ? <p class="empty">{t("nobodyWaits")}</p> : null}
      <ul class={waiting.length === 0 ? "none" : ""}>
        {waiting.slice(0, ROWS).map((customer) => (
          <li key={customer.contactId} class="flight">
            <div class="what">
              <strong>{nameOf(customer)}</strong>
              <span class="sentence">
                {customer.offeredTo
                  ? t("offeredTo", { agent: customer.offeredTo })
                  : t("stateQueued", {
                      queue: customer.queueName ?? "",
                      position: customer.position,
                    })}
              </span>
              <time class="clock">{t("forTime", { time: age(customer.since) })}</time>
            </div>
            <div class="actions">
              <button
                type="button"
                disabled={customer.offeredTo !== null}
                onClick={() => (moving.value = customer)}
              >
                <Icon name="transfer" />
                {t("move")} <span class="hidden">{nameOf(customer)}</span>
              </button>
            </div>
          </li>
        ))}
      </ul>
      {more > 0 ? <p class="quiet">{t("andMore", { count: more })}</p> : null}
      {moving.value ? (
        <MoveDialog
          contactId={moving.value.contactId}
          queue={moving.value.queueName ?? ""}
          close={() => (moving.value = null)}
        />
      ) : null}
    </section>
  );
}

const nameOf = ({ customer }: Customer): string =>
  customer === null ? t("unknownCaller") : readable(customer);
