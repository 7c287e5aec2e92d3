import type { Statistics } from "@baton/client";
import type { JSX } from "preact";
import { type Bar, barsOf, isLong, PARTS, scaleTo } from "./figures.ts";
import { fillOf, Legend, partName, partsIn } from "./Parts.tsx";
import { Picture, useWidth } from "./Picture.tsx";
import { t } from "./texts.ts";
import { when } from "./times.ts";

const HEIGHT = 220;
const LEFT = 36;
const BOTTOM = 24;
const TOP = 8;
/** How far apart the labels of the time are at least; pixels. */
const APART = 64;

/** How many transfers there were when, and what became of them. */
export function OutcomeBars({ statistics }: { statistics: Statistics }): JSX.Element {
  const bars = barsOf(statistics);
  const parts = partsIn(bars.map((bar) => bar.counts));
  const top = bars.reduce((a, b) => (b.counts.accepted > a.counts.accepted ? b : a));
  const time = (bar: Bar): string => timeOf(bar, statistics);
  const summary = t(statistics.total.accepted === 1 ? "overTimeOne" : "overTimeSummary", {
    count: statistics.total.accepted,
    most: top.counts.accepted,
    at: time(top),
  });
  const table = (
    <table>
      <thead>
        <tr>
          <th scope="col">{t("when")}</th>
          <th scope="col">{t("outcomeAccepted")}</th>
          {parts.map((part) => (
            <th key={part} scope="col">
              {partName(part)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {bars
          .filter((bar) => bar.counts.accepted > 0)
          .map((bar) => (
            <tr key={bar.at}>
              <th scope="row">{time(bar)}</th>
              <td>{bar.counts.accepted}</td>
              {parts.map((part) => (
                <td key={part}>{bar.counts[part]}</td>
              ))}
            </tr>
          ))}
      </tbody>
    </table>
  );
  return (
    <Picture id="over-time" title={t("overTime")} summary={summary} table={table}>
      <Legend parts={parts} />
      <Chart bars={bars} statistics={statistics} label={summary} />
    </Picture>
  );
}

/** When a bar begins. */
export const timeOf = ({ at }: Bar, statistics: Statistics): string =>
  isLong(statistics) ? `${when(at, "day")} ${when(at, "time")}` : when(at, "time");

interface ChartProps {
  bars: Bar[];
  statistics: Statistics;
  label: string;
}

/** Bars over time. */
export function Chart({ bars, statistics, label }: ChartProps): JSX.Element {
  const [ref, width] = useWidth<HTMLDivElement>();
  const steps = scaleTo(Math.max(...bars.map((bar) => bar.counts.accepted)));
  const most = steps.at(-1) ?? 1;
  const high = HEIGHT - BOTTOM - TOP;
  const y = (count: number): number => TOP + high * (1 - count / most);
  const each = Math.max(0, width - LEFT) / bars.length;
  const long = isLong(statistics);
  const labelled = labelsOf(bars, long, statistics.bucketSeconds, each);
  return (
    <div ref={ref} class="canvas">
      {width === 0 ? null : (
        <svg width={width} height={HEIGHT} role="img" aria-label={label}>
          {steps.map((step) => (
            <g key={step}>
              <line class="grid" x1={LEFT} x2={width} y1={y(step)} y2={y(step)} />
              <text class="tick" x={LEFT - 8} y={y(step) + 4} text-anchor="end">
                {step}
              </text>
            </g>
          ))}
          {bars.map((bar, i) => (
            <Column
              key={bar.at}
              bar={bar}
              x={LEFT + i * each + each * 0.12}
              width={each * 0.76}
              y={y}
              title={`${timeOf(bar, statistics)}: ${bar.counts.accepted}`}
            />
          ))}
          {labelled.map((i) => {
            const bar = bars[i];
            return bar ? (
              <text key={i} class="tick" x={LEFT + i * each} y={HEIGHT - 6}>
                {when(bar.at, long ? "day" : "time")}
              </text>
            ) : null;
          })}
        </svg>
      )}
    </div>
  );
}

/** Which bars have their time below them: those of whole hours or days, as many as there is room for. */
function labelsOf(
  bars: readonly Bar[],
  long: boolean,
  bucketSeconds: number,
  each: number,
): number[] {
  const round = bars.flatMap((bar, i) => {
    const at = new Date(bar.at);
    // A bar of a day begins whenever the time does; of narrower ones there is one in which a day begins.
    const begins = at.getHours() * 3600 + at.getMinutes() * 60 < bucketSeconds;
    const fits = long ? begins || bucketSeconds >= 86_400 : bucketSeconds >= 3_600 || i % 3 === 0;
    return fits ? [i] : [];
  });
  const between = round.length > 1 ? ((round[1] ?? 0) - (round[0] ?? 0)) * each : each;
  const every = Math.max(1, Math.ceil(APART / Math.max(1, between)));
  return round.filter((i, n) => n % every === 0 && (bars.length - i) * each > 40);
}

interface ColumnProps {
  bar: Bar;
  x: number;
  width: number;
  y: (count: number) => number;
  title: string;
}

function Column({ bar, x, width, y, title }: ColumnProps): JSX.Element {
  let below = 0;
  const said = PARTS.filter((part) => bar.counts[part] > 0).map(
    (part) => `${partName(part)} ${bar.counts[part]}`,
  );
  return (
    <g>
      <title>{[title, ...said].join("\n")}</title>
      {PARTS.map((part) => {
        const count = bar.counts[part];
        if (count === 0) return null;
        const foot = y(below);
        const head = y((below += count));
        return (
          <rect
            key={part}
            class="column"
            x={x}
            width={Math.max(2, width)}
            y={head}
            height={Math.max(1, foot - head)}
            fill={fillOf(part)}
          />
        );
      })}
    </g>
  );
}
