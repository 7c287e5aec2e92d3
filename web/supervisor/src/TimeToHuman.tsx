import type { Statistics } from "@baton/client";
import type { JSX } from "preact";
import { placeOf, scaleTo } from "./figures.ts";
import { Picture, useWidth } from "./Picture.tsx";
import { t } from "./texts.ts";
import { span } from "./times.ts";

const HEIGHT = 220;
const LEFT = 36;
const BOTTOM = 24;
/** Room for the names of the two marks, one above the other. */
const TOP = 40;

/** How long it took until somebody had the customer: how many took how long, with median and ninth decile. */
export function TimeToHuman({ statistics }: { statistics: Statistics }): JSX.Element {
  const { count, upToSeconds, counts, medianSeconds, p90Seconds } = statistics.timeToHuman;
  if (count === 0 || medianSeconds === null || p90Seconds === null) {
    return (
      <Picture id="time-to-human" title={t("timeToHuman")}>
        <p class="empty">{t("noneConnected")}</p>
      </Picture>
    );
  }
  const words = t("timeToHumanSummary", { median: span(medianSeconds), p90: span(p90Seconds) });
  const summary = `${t("timeToHumanHelp", { count })} ${words}`;
  const classOf = (i: number): string => {
    const bound = upToSeconds[i];
    return bound === undefined ? t("longer") : t("upTo", { time: span(bound) });
  };
  const table = (
    <table>
      <thead>
        <tr>
          <th scope="col">{t("timeToHuman")}</th>
          <th scope="col">{t("count")}</th>
        </tr>
      </thead>
      <tbody>
        {counts.map((each, i) => (
          <tr key={i}>
            <th scope="row">{classOf(i)}</th>
            <td>{each}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
  return (
    <Picture id="time-to-human" title={t("timeToHuman")} summary={summary} table={table}>
      <Chart statistics={statistics} label={summary} median={medianSeconds} p90={p90Seconds} />
    </Picture>
  );
}

/** Room for the words at a mark, "9 of 10 within 10:00", in pixels. */
const MARK = 170;

interface ChartProps {
  statistics: Statistics;
  label: string;
  median: number;
  p90: number;
}

function Chart({ statistics, label, median, p90 }: ChartProps): JSX.Element {
  const [ref, width] = useWidth<HTMLDivElement>();
  const { counts, upToSeconds } = statistics.timeToHuman;
  const steps = scaleTo(Math.max(...counts));
  const most = steps.at(-1) ?? 1;
  const y = (count: number): number => TOP + (HEIGHT - BOTTOM - TOP) * (1 - count / most);
  const each = Math.max(0, width - LEFT) / counts.length;
  const mark = (seconds: number, text: string, line: number): JSX.Element => {
    const x = LEFT + placeOf(seconds, upToSeconds) * each;
    const right = x < width - MARK;
    return (
      <g class="mark">
        <line x1={x} x2={x} y1={line - 10} y2={HEIGHT - BOTTOM} />
        <text x={right ? x + 6 : x - 6} y={line} text-anchor={right ? "start" : "end"}>
          {text}
        </text>
      </g>
    );
  };
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
          {counts.map((count, i) => (
            <g key={i}>
              <title>{`${count}`}</title>
              <rect
                class="part connected"
                x={LEFT + i * each + 1}
                width={Math.max(1, each - 2)}
                y={y(count)}
                height={HEIGHT - BOTTOM - y(count)}
              />
            </g>
          ))}
          {upToSeconds.map((bound, i) =>
            // Each second one where there is no room for all.
            each < 44 && i % 2 === 1 ? null : (
              <text
                key={bound}
                class="tick"
                x={LEFT + (i + 1) * each}
                y={HEIGHT - 6}
                text-anchor="middle"
              >
                {bound < 60 ? bound : `${bound / 60} min`}
                {i === 0 ? " s" : ""}
              </text>
            ),
          )}
          {mark(median, `${t("median")} ${span(median)}`, 14)}
          {mark(p90, `${t("p90")} ${span(p90)}`, 30)}
        </svg>
      )}
    </div>
  );
}
