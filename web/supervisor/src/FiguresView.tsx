import type { Statistics } from "@baton/client";
import { now } from "@baton/shared/clock.ts";
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { Compare } from "./Compare.tsx";
import { beginOf, type By, percent, type Range, RANGES } from "./figures.ts";
import { FlowView } from "./FlowView.tsx";
import { OutcomeBars } from "./OutcomeBars.tsx";
import { Patterns } from "./Parts.tsx";
import { Reasons } from "./Reasons.tsx";
import { go, route } from "./route.ts";
import { client, signing, whyOf } from "./session.ts";
import { t } from "./texts.ts";
import { TimeToHuman } from "./TimeToHuman.tsx";
import { span, when } from "./times.ts";

/** How often the pictures are made anew. */
const REFRESH_MS = 60_000;

interface Shown {
  range: Range;
  by: By;
  statistics: Statistics;
}

/** What happened, in pictures. */
export function FiguresView(): JSX.Element {
  const range = (Object.keys(RANGES) as Range[]).find((one) => one === route.value.range) ?? "hour";
  const by = (["agent", "queue", "kind"] as const).find((one) => one === route.value.by) ?? "agent";
  const shown = useSignal<Shown | null>(null);
  const failure = useSignal("");
  /** Counts the reads, so that the answer to an earlier one does not win. */
  const asked = useSignal(0);
  const read = async (): Promise<void> => {
    const mine = ++asked.value;
    const from = beginOf(range, now.peek(), new Date(now.peek()).getTimezoneOffset());
    try {
      const statistics = await client.statistics({
        from: new Date(from).toISOString(),
        bucket: String(RANGES[range].bucket),
        by,
      });
      if (mine !== asked.value) return;
      shown.value = { range, by, statistics };
      failure.value = "";
    } catch (error) {
      if (mine === asked.value) failure.value = whyOf(error);
    }
  };
  const open = signing.connection.value === "open";
  useEffect(() => {
    if (!open) return;
    void read();
    const timer = setInterval(() => {
      if (!document.hidden) void read();
    }, REFRESH_MS);
    return () => clearInterval(timer);
  }, [range, by, open]);

  return (
    <>
      <div class="bar-of-page">
        <h1 class="calm">{t("figures")}</h1>
        <div class="choice" role="group" aria-label={t("range")}>
          {(Object.keys(RANGES) as Range[]).map((each) => (
            <button
              key={each}
              type="button"
              aria-pressed={each === range}
              onClick={() => go({ ...route.value, range: each })}
            >
              {t(each)}
            </button>
          ))}
        </div>
        <span class="grow" />
        <span class="quiet">
          {shown.value ? t("readAt", { time: when(shown.value.statistics.to, "time") }) : ""}
        </span>
        <button type="button" onClick={() => void read()}>
          {t("refresh")}
        </button>
      </div>
      {failure.value ? (
        <p class="card failure" role="alert">
          {t("readFailed", { why: failure.value })}
        </p>
      ) : null}
      {shown.value ? (
        <Pictures {...shown.value} />
      ) : failure.value ? null : (
        <p class="quiet">{t("loading")}</p>
      )}
    </>
  );
}

function Pictures({ range, by, statistics }: Shown): JSX.Element {
  const { total, timeToHuman, bounceBacks } = statistics;
  if (total.accepted === 0) {
    return (
      <section class="card center">
        <p>{t("noFigures")}</p>
      </section>
    );
  }
  const share = (part: number): string =>
    t("ofAll", { share: percent(part, total.accepted), count: total.accepted });
  return (
    <>
      <Patterns />
      <dl class="tiles">
        <Tile name={t("outcomeAccepted")} value={String(total.accepted)} note="" />
        <Tile name={t("success")} value={String(total.connected)} note={share(total.connected)} />
        <Tile
          name={t("halfWithin")}
          value={secondsOf(timeToHuman.medianSeconds)}
          note={`${t("p90")} ${secondsOf(timeToHuman.p90Seconds)}`}
        />
        <Tile name={t("bounceBacks")} value={String(bounceBacks)} note={share(bounceBacks)} />
      </dl>
      <div class="pictures">
        <OutcomeBars statistics={statistics} range={range} />
        <TimeToHuman statistics={statistics} />
        <Reasons statistics={statistics} />
        <FlowView statistics={statistics} />
        <Compare statistics={statistics} by={by} />
      </div>
    </>
  );
}

const secondsOf = (seconds: number | null): string => (seconds === null ? "–" : span(seconds));

function Tile({ name, value, note }: { name: string; value: string; note: string }): JSX.Element {
  return (
    <div class="card tile">
      <dt>{name}</dt>
      <dd>
        {value} {note ? <small>{note}</small> : null}
      </dd>
    </div>
  );
}
