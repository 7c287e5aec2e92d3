import { age, duration } from "@baton/shared/clock.ts";
import type { JSX } from "preact";
import { Agents } from "./Agents.tsx";
import { Flights } from "./Flights.tsx";
import { totals } from "./live.ts";
import { Queues } from "./Queues.tsx";
import { live, loaded, readAll, readFailure, refusal } from "./session.ts";
import { t } from "./texts.ts";

/** What happens now. */
export function LiveView(): JSX.Element {
  if (!loaded.value) return <NotYet />;
  const { waiting, longestSince, atWork, free } = totals(live.value);
  return (
    <>
      <h1 class="hidden">{t("live")}</h1>
      <dl class="tiles">
        <Tile name="waitingNow" value={String(waiting)} />
        <Tile name="longest" value={longestSince ? age(longestSince) : duration(0)} />
        <Tile name="agentsFree" value={t("ofAgents", { free, staffed: atWork })} />
        <Tile name="inFlight" value={String(live.value.open.length)} />
      </dl>
      {refusal.value ? (
        <p class="card failure" role="alert">
          {refusal.value}
        </p>
      ) : null}
      <div class="columns">
        <Flights />
        <div class="side">
          <Queues />
          <Agents />
        </div>
      </div>
    </>
  );
}

function Tile({ name, value }: { name: Parameters<typeof t>[0]; value: string }): JSX.Element {
  return (
    <div class="card tile">
      <dt>{t(name)}</dt>
      <dd>{value}</dd>
    </div>
  );
}

/** Before there is anything to show: that it is read, or why it cannot be. */
function NotYet(): JSX.Element {
  if (!readFailure.value) return <p class="quiet">{t("loading")}</p>;
  return (
    <section class="card center" role="alert">
      <p>{t("readFailed", { why: readFailure.value })}</p>
      <button type="button" onClick={() => void readAll()}>
        {t("again")}
      </button>
    </section>
  );
}
