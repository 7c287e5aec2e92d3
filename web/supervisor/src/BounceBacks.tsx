import type { Statistics } from "@baton/client";
import type { JSX } from "preact";
import { barsOf, bouncesOf, percent } from "./figures.ts";
import { Chart, timeOf } from "./OutcomeBars.tsx";
import { Picture } from "./Picture.tsx";
import { t, tOf } from "./texts.ts";

/** How many customers came back to the agent who had handed them on, when, and why most of them. */
export function BounceBacks({ statistics }: { statistics: Statistics }): JSX.Element {
  const { bounceBacks, reasons, total } = statistics;
  const bars = barsOf(statistics);
  const bounces = bouncesOf(bars);
  const [most] = reasons.filter(({ outcome }) => outcome === "returned");
  const why =
    most && (most.reason === "noAnswer" ? t("nobodyAnswered") : tOf("reason", most.reason));
  const share = t("ofAll", { share: percent(bounceBacks, total.accepted), count: total.accepted });
  const summary = why
    ? t("bouncesSummary", { count: bounceBacks, share, why, times: most.count })
    : t("noBounces");
  const table = (
    <table>
      <thead>
        <tr>
          <th scope="col">{t("when")}</th>
          <th scope="col">{t("outcomeReturned")}</th>
          <th scope="col">{t("outcomeAccepted")}</th>
          <th scope="col">{t("share")}</th>
        </tr>
      </thead>
      <tbody>
        {bars
          .filter(({ counts }) => counts.returned > 0)
          .map((bar) => (
            <tr key={bar.at}>
              <th scope="row">{timeOf(bar, statistics)}</th>
              <td>{bar.counts.returned}</td>
              <td>{bar.counts.accepted}</td>
              <td>{percent(bar.counts.returned, bar.counts.accepted)}</td>
            </tr>
          ))}
      </tbody>
    </table>
  );
  return bounceBacks === 0 ? (
    <Picture id="bounces" title={t("bounceBacks")} summary={summary}>
      {null}
    </Picture>
  ) : (
    <Picture id="bounces" title={t("bounceBacks")} summary={summary} table={table}>
      <Chart bars={bounces} statistics={statistics} label={summary} />
    </Picture>
  );
}
