import type { Statistics } from "@baton/client";
import { now } from "@baton/shared/clock.ts";
import { keepReading } from "@baton/shared/reading.ts";
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { Compare } from "./Compare.tsx";
import { BounceBacks } from "./BounceBacks.tsx";
import {
  beginOf,
  type By,
  type Chosen,
  faultOf,
  MOST_DAYS,
  percent,
  type Range,
  RANGES,
  widthFor,
} from "./figures.ts";
import { FlowView } from "./FlowView.tsx";
import { OutcomeBars } from "./OutcomeBars.tsx";
import { Patterns } from "./Parts.tsx";
import { Reasons } from "./Reasons.tsx";
import { go, route } from "./route.ts";
import { client, signing, whyOf } from "./session.ts";
import { t } from "./texts.ts";
import { TimeToHuman } from "./TimeToHuman.tsx";
import { span, when } from "./times.ts";

/** How long after an answer the pictures are made anew. */
const REFRESH_MS = 60_000;

interface Shown {
  by: By;
  statistics: Statistics;
}

/** What happened, in pictures. */
export function FiguresView(): JSX.Element {
  const own = route.value.range === "own";
  const range = (Object.keys(RANGES) as Range[]).find((one) => one === route.value.range) ?? "hour";
  const chosen: Chosen = { from: route.value.from ?? "", to: route.value.to ?? "" };
  const fault = own ? faultOf(chosen, now.peek()) : null;
  const by = (["agent", "queue", "kind"] as const).find((one) => one === route.value.by) ?? "agent";
  const shown = useSignal<Shown | null>(null);
  const failure = useSignal("");
  /** Counts the reads, so that the answer to an earlier one does not win. */
  const asked = useSignal(0);
  const read = async (): Promise<void> => {
    const mine = ++asked.value;
    try {
      const statistics = await client.statistics({
        ...(own ? ofChosen(chosen) : ofRange(range)),
        by,
      });
      if (mine !== asked.value) return;
      shown.value = { by, statistics };
      failure.value = "";
    } catch (error) {
      if (mine === asked.value) failure.value = whyOf(error);
    }
  };
  const open = signing.connection.value === "open";
  useEffect(() => {
    return open && fault === null ? keepReading(read, REFRESH_MS) : undefined;
  }, [range, own, chosen.from, chosen.to, by, open]);

  return (
    <>
      <div class="bar-of-page">
        <h1 class="calm">{t("figures")}</h1>
        <div class="choice" role="group" aria-label={t("range")}>
          {(Object.keys(RANGES) as Range[]).map((each) => (
            <button
              key={each}
              type="button"
              aria-pressed={!own && each === range}
              onClick={() => go({ ...route.value, range: each, from: "", to: "" })}
            >
              {t(each)}
            </button>
          ))}
        </div>
        <div class="as-of">
          <span class="quiet">
            {shown.value ? t("readAt", { time: when(shown.value.statistics.to, "time") }) : ""}
          </span>
          <button type="button" onClick={() => void read()}>
            {t("refresh")}
          </button>
        </div>
        <OwnTime chosen={own ? chosen : { from: "", to: "" }} pressed={own} />
      </div>
      {fault || failure.value ? (
        <p class="card failure" role="alert">
          {fault ? t(fault, { days: MOST_DAYS }) : t("readFailed", { why: failure.value })}
        </p>
      ) : null}
      {fault ? null : shown.value ? (
        <Pictures {...shown.value} />
      ) : failure.value ? null : (
        <p class="quiet">{t("loading")}</p>
      )}
    </>
  );
}

function ofRange(range: Range): Record<string, string> {
  const from = beginOf(range, now.peek(), new Date(now.peek()).getTimezoneOffset());
  return { from: new Date(from).toISOString(), bucket: String(RANGES[range].bucket) };
}

function ofChosen({ from, to }: Chosen): Record<string, string> {
  const begin = Date.parse(from);
  const end = to === "" ? now.peek() : Date.parse(to);
  return {
    from: new Date(begin).toISOString(),
    to: new Date(end).toISOString(),
    bucket: String(widthFor(end - begin)),
  };
}

/** A time of one's own choice. */
function OwnTime({ chosen, pressed }: { chosen: Chosen; pressed: boolean }): JSX.Element {
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const text = (name: keyof Chosen): string => String(form.get(name) ?? "");
    go({ ...route.value, range: "own", from: text("from"), to: text("to") });
  };
  return (
    <form class="own-time" onSubmit={submit} aria-label={t("ownTime")}>
      <label>
        {t("begunFrom")} <input name="from" type="datetime-local" value={chosen.from} required />
      </label>
      <label>
        {t("begunTo")} <input name="to" type="datetime-local" value={chosen.to} />
      </label>
      <button aria-pressed={pressed}>{t("show")}</button>
    </form>
  );
}

function Pictures({ by, statistics }: Shown): JSX.Element {
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
        <OutcomeBars statistics={statistics} />
        <TimeToHuman statistics={statistics} />
        <Reasons statistics={statistics} />
        <BounceBacks statistics={statistics} />
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
