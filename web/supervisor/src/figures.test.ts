import type { Statistics } from "@baton/client";
import { describe, expect, it } from "vitest";
import {
  barsOf,
  beginOf,
  bouncesOf,
  type Counts,
  faultOf,
  layOut,
  NODES,
  percent,
  placeOf,
  RANGES,
  scaleTo,
  widthFor,
} from "./figures.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const counts = (connected: number, failed = 0): Counts => ({
  accepted: connected + failed,
  connected,
  returned: 0,
  canceled: 0,
  failed,
  abandoned: 0,
  handedOver: 0,
  open: 0,
});

describe("the bars over time", () => {
  const now = Date.UTC(2026, 0, 5, 9, 17, 30);

  it("begin with a whole bar, so that the last one is that of now", () => {
    expect(beginOf("hour", now, 0)).toBe(Date.UTC(2026, 0, 5, 8, 20));
    expect(beginOf("day", now, 0)).toBe(Date.UTC(2026, 0, 4, 10));
  });

  it("begin at local hours, for a week at 0, 6, 12 or 18", () => {
    // Berlin in winter: an hour ahead of UTC.
    expect(new Date(beginOf("week", now, -60)).getTime()).toBe(Date.UTC(2025, 11, 29, 11));
    // Half an hour beside UTC's hours.
    expect((beginOf("day", now, -330) / (30 * MINUTE)) % 2).toBe(1);
  });

  it("are as many as fit, also where the server left empty ones out", () => {
    const from = beginOf("hour", now, 0);
    const statistics = {
      from: new Date(from).toISOString(),
      to: new Date(now).toISOString(),
      bucketSeconds: RANGES.hour.bucket,
      buckets: [{ at: new Date(from + 10 * MINUTE).toISOString(), ...counts(3, 1) }],
    } as unknown as Statistics;
    const bars = barsOf(statistics);
    expect(bars).toHaveLength(12);
    expect(bars[2]).toEqual({ at: from + 10 * MINUTE, counts: counts(3, 1) });
    expect(bars.filter((bar) => bar.counts.accepted > 0)).toHaveLength(1);
    expect(bars[11]?.at).toBe(from + HOUR - 5 * MINUTE);
  });
});

describe("a time of one's own choice", () => {
  const now = Date.parse("2026-01-05T12:00");

  it("has a beginning before its end, which is now where none is given", () => {
    expect(faultOf({ from: "", to: "" }, now)).toBe("noFrom");
    expect(faultOf({ from: "yesterday", to: "" }, now)).toBe("noFrom");
    expect(faultOf({ from: "2026-01-05T11:59", to: "" }, now)).toBeNull();
    expect(faultOf({ from: "2026-01-05T12:00", to: "" }, now)).toBe("badTimes");
    expect(faultOf({ from: "2026-01-05T10:00", to: "2026-01-05T10:00" }, now)).toBe("badTimes");
    expect(faultOf({ from: "2026-01-05T10:00", to: "2026-01-05T10:01" }, now)).toBeNull();
    const begin = Date.parse("2026-01-01T00:00");
    const after = (ms: number): number => begin + 31 * 24 * HOUR + ms;
    expect(faultOf({ from: "2026-01-01T00:00", to: "" }, after(0))).toBeNull();
    expect(faultOf({ from: "2026-01-01T00:00", to: "" }, after(1))).toBe("tooLong");
  });

  it("has no more bars than can be told apart, of widths that people know", () => {
    expect(widthFor(60_000)).toBe(60);
    expect(widthFor(HOUR)).toBe(60);
    expect(widthFor(HOUR + 1)).toBe(300);
    expect(widthFor(24 * HOUR)).toBe(3_600);
    expect(widthFor(31 * 24 * HOUR)).toBe(86_400);
  });
});

describe("those who came back", () => {
  it("are bars of their own", () => {
    const bars = [{ at: 5, counts: { ...counts(3, 1), accepted: 6, returned: 2 } }];
    expect(bouncesOf(bars)).toEqual([
      { at: 5, counts: { ...counts(0), accepted: 2, returned: 2 } },
    ]);
  });
});

describe("a scale", () => {
  it("has few even steps, of whole transfers", () => {
    expect(scaleTo(0)).toEqual([0, 1]);
    expect(scaleTo(1)).toEqual([0, 1]);
    expect(scaleTo(3)).toEqual([0, 1, 2, 3]);
    expect(scaleTo(7)).toEqual([0, 2, 4, 6, 8]);
    expect(scaleTo(101)).toEqual([0, 50, 100, 150]);
    expect(scaleTo(37_000)).toEqual([0, 10_000, 20_000, 30_000, 40_000]);
  });
});

describe("shares", () => {
  it("are whole, and never nothing where there is something", () => {
    expect([percent(1, 3), percent(1, 1000), percent(0, 5), percent(0, 0)]).toEqual([
      "33 %",
      "<1 %",
      "0 %",
      "0 %",
    ]);
  });
});

describe("the time to a human", () => {
  it("lies in its class, as far in as it is between the bounds", () => {
    const upTo = [5, 10, 20];
    expect(placeOf(2.5, upTo)).toBe(0.5);
    expect(placeOf(5, upTo)).toBe(1);
    expect(placeOf(15, upTo)).toBe(2.5);
    expect(placeOf(600, upTo)).toBe(3.5);
  });
});

describe("the flows", () => {
  const flow = (from: string | null, to: string, count: number): Statistics["flows"][number] => ({
    from,
    to,
    toKind: "queue",
    count,
  });

  it("fill both sides by their counts, the largest at the top", () => {
    const { left, right, ribbons } = layOut(
      [flow("A", "X", 6), flow("B", "X", 3), flow(null, "Y", 1)],
      120,
      10,
    );
    expect(left.map(({ name, count }) => [name, count])).toEqual([
      ["A", 6],
      ["B", 3],
      [null, 1],
    ]);
    expect(right.map(({ name, y, height }) => [name, y, height])).toEqual([
      ["X", 0, 90],
      ["Y", 100, 10],
    ]);
    expect(ribbons.map(({ y0, y1, height }) => [y0, y1, height])).toEqual([
      [0, 0, 60],
      [70, 60, 30],
      [110, 100, 10],
    ]);
  });

  it("gather the small ones where there are many", () => {
    const flows = Array.from({ length: NODES + 5 }, (_, i) => flow("A", `to ${i}`, 100 - i));
    const { right, ribbons } = layOut(flows, 400, 4);
    expect(right).toHaveLength(NODES + 1);
    expect(right.at(-1)?.name).toBeUndefined();
    expect(ribbons.reduce((sum, { count }) => sum + count, 0)).toBe(
      flows.reduce((sum, { count }) => sum + count, 0),
    );
  });

  it("are nothing where nothing was", () => {
    expect(layOut([], 100, 10)).toEqual({ left: [], right: [], ribbons: [] });
  });
});
