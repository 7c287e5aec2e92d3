import { OUTCOMES, type Outcome, type Statistics } from "@baton/client";

/** What the pictures show of the statistics, as plain values. */

/** How far back a picture goes, and how wide its bars are; seconds. */
export const RANGES = {
  hour: { span: 3_600, bucket: 300 },
  day: { span: 86_400, bucket: 3_600 },
  week: { span: 7 * 86_400, bucket: 6 * 3_600 },
} as const;
export type Range = keyof typeof RANGES;

/** The server counts no longer time at once. */
export const MOST_DAYS = 31;

/** A time that somebody chose: both as `<input type="datetime-local">` has them; an empty `to` is now. */
export interface Chosen {
  from: string;
  to: string;
}

/** What is wrong with a chosen time, as the name of a text; null: nothing. */
export function faultOf(
  { from, to }: Chosen,
  now: number,
): "noFrom" | "badTimes" | "tooLong" | null {
  if (from === "" || Number.isNaN(Date.parse(from))) return "noFrom";
  const end = to === "" ? now : Date.parse(to);
  if (Date.parse(from) >= end) return "badTimes";
  return end - Date.parse(from) > MOST_DAYS * 86_400_000 ? "tooLong" : null;
}

/** Widths of bars that people know, seconds. */
const WIDTHS = [60, 300, 900, 3_600, 6 * 3_600, 86_400] as const;
const MOST_BARS = 60;

/** How wide the bars of a time are, seconds: the least of those widths that makes no more bars than can be told apart. */
export const widthFor = (spanMs: number): number =>
  WIDTHS.find((width) => spanMs / (width * 1000) <= MOST_BARS) ?? 86_400;

/** Whether a time is told with its day. */
export const isLong = (statistics: Statistics): boolean =>
  Date.parse(statistics.to) - Date.parse(statistics.from) > 86_400_000;

export type By = "agent" | "queue" | "kind";
export type Counts = Statistics["total"];

/** An outcome, or that there is none yet: the parts of a bar, from its foot up. */
export const PARTS = [...OUTCOMES, "open"] as const;
export type Part = Outcome | "open";

/**
 * When a picture of `range` that ends now begins: with a whole bar, in local time, so that bars begin at hours that people
 * know.
 *
 * @param now Unix milliseconds
 * @param offsetMinutes what is added to local time for UTC, as `Date.getTimezoneOffset` gives it
 */
export function beginOf(range: Range, now: number, offsetMinutes: number): number {
  const { span, bucket } = RANGES[range];
  const shift = offsetMinutes * 60_000;
  const width = bucket * 1000;
  const lastBar = Math.floor((now - shift) / width) * width + shift;
  return lastBar + width - span * 1000;
}

export interface Bar {
  /** Unix milliseconds. */
  at: number;
  counts: Counts;
}

const NONE: Counts = {
  accepted: 0,
  connected: 0,
  returned: 0,
  canceled: 0,
  failed: 0,
  abandoned: 0,
  handedOver: 0,
  open: 0,
};

/** All bars of the time, also the empty ones, which the server leaves out. */
export function barsOf(statistics: Statistics): Bar[] {
  const width = statistics.bucketSeconds * 1000;
  const from = Date.parse(statistics.from);
  const count = Math.max(1, Math.ceil((Date.parse(statistics.to) - from) / width));
  const bars = Array.from({ length: count }, (_, i) => ({ at: from + i * width, counts: NONE }));
  for (const { at, ...counts } of statistics.buckets) {
    const i = Math.floor((Date.parse(at) - from) / width);
    if (i >= 0 && i < count) bars[i] = { at: from + i * width, counts };
  }
  return bars;
}

/** The bars of the transfers that came back to their agent. */
export const bouncesOf = (bars: readonly Bar[]): Bar[] =>
  bars.map(({ at, counts: { returned } }) => ({
    at,
    counts: { ...NONE, accepted: returned, returned },
  }));

/** The least of 1, 2, 5, 10, 20, ... times a few even steps that is not below `most`, and the steps of its scale. */
export function scaleTo(most: number): number[] {
  const raw = Math.max(1, most) / 4;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = Math.max(1, ([1, 2, 5, 10].find((factor) => factor * power >= raw) ?? 10) * power);
  const steps = Math.max(1, Math.ceil(most / step));
  return Array.from({ length: steps + 1 }, (_, i) => i * step);
}

/** "37 %", also "<1 %" where it is not nothing. */
export function percent(part: number, whole: number): string {
  if (whole === 0 || part === 0) return "0 %";
  const share = (part / whole) * 100;
  return share < 1 ? "<1 %" : `${Math.round(share)} %`;
}

/**
 * Where a time lies on an axis whose bars are the distribution's classes, each as wide as the others: 0 to their number.
 * What is longer than the last bound lies in the middle of the last class.
 */
export function placeOf(seconds: number, upTo: readonly number[]): number {
  const i = upTo.findIndex((bound) => seconds <= bound);
  if (i < 0) return upTo.length + 0.5;
  const below = upTo[i - 1] ?? 0;
  return i + (seconds - below) / ((upTo[i] ?? 1) - below);
}

/** One side of the picture of flows: a name with how many, and where its bar lies. */
export interface Node {
  /** null: no queue; undefined: all that have no bar of their own. */
  name: string | null | undefined;
  count: number;
  y: number;
  height: number;
}
export interface Ribbon {
  from: Node;
  to: Node;
  count: number;
  /** Where it begins and ends, and how thick it is. */
  y0: number;
  y1: number;
  height: number;
}
export interface FlowPicture {
  left: Node[];
  right: Node[];
  ribbons: Ribbon[];
}

/** How many bars each side has at most; the rest is one more, "others". */
export const NODES = 8;

/**
 * Lays the flows out: both sides as high as `height`, gaps of `gap` between bars, the largest at the top, ribbons without
 * crossing where they leave and arrive.
 */
export function layOut(flows: Statistics["flows"], height: number, gap: number): FlowPicture {
  const sum = flows.reduce((all, flow) => all + flow.count, 0);
  if (sum === 0) return { left: [], right: [], ribbons: [] };
  const lefts = sideOf(flows, (flow) => flow.from);
  const rights = sideOf(flows, (flow) => flow.to);
  const gaps = Math.max(lefts.size, rights.size) - 1;
  const scale = (height - gap * gaps) / sum;
  const left = place(lefts, scale, gap);
  const right = place(rights, scale, gap);
  const nodeOf = (nodes: Node[], name: string | null): Node | undefined =>
    nodes.find((node) => node.name === name) ?? nodes.find((node) => node.name === undefined);

  const joined = new Map<Node, Map<Node, number>>();
  for (const flow of flows) {
    const from = nodeOf(left, flow.from);
    const to = nodeOf(right, flow.to);
    if (!from || !to) continue;
    const row = joined.get(from) ?? new Map<Node, number>();
    joined.set(from, row.set(to, (row.get(to) ?? 0) + flow.count));
  }
  const used = new Map<Node, number>();
  const take = (node: Node, thick: number): number => {
    const y = node.y + (used.get(node) ?? 0);
    used.set(node, y - node.y + thick);
    return y;
  };
  const ribbons: Ribbon[] = [];
  for (const from of left) {
    for (const to of right) {
      const count = joined.get(from)?.get(to);
      if (!count) continue;
      const thick = count * scale;
      ribbons.push({ from, to, count, y0: take(from, thick), y1: take(to, thick), height: thick });
    }
  }
  return { left, right, ribbons };
}

type Flow = Statistics["flows"][number];

function sideOf(
  flows: readonly Flow[],
  name: (flow: Flow) => string | null,
): Map<string | null | undefined, number> {
  const counts = new Map<string | null | undefined, number>();
  for (const flow of flows) counts.set(name(flow), (counts.get(name(flow)) ?? 0) + flow.count);
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  if (sorted.length <= NODES + 1) return new Map(sorted);
  const rest = sorted.slice(NODES).reduce((all, [, count]) => all + count, 0);
  return new Map([...sorted.slice(0, NODES), [undefined, rest]]);
}

function place(side: Map<string | null | undefined, number>, scale: number, gap: number): Node[] {
  let y = 0;
  return [...side].map(([name, count]) => {
    const node = { name, count, y, height: count * scale };
    y += node.height + gap;
    return node;
  });
}
