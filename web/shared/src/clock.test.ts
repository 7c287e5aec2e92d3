import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { clockSays, dateSays, duration, serverTime } from "./clock.ts";

describe("the server's time", () => {
  const AT = Date.parse("2026-01-05T09:00:00.400Z");
  beforeEach(() => {
    vi.useFakeTimers({ now: AT + 3_600_000 });
    clockSays("2026-01-05T09:00:00.400Z");
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("goes on evenly where somebody puts the PC's clock right", () => {
    vi.setSystemTime(AT);
    vi.advanceTimersByTime(5_000);
    expect(serverTime()).toBe(AT + 5_000);
  });

  it("goes on over a sleep of the PC, in which performance.now() stands still", () => {
    vi.setSystemTime(AT + 3_600_000 + 90_000);
    expect(serverTime()).toBe(AT + 90_000);
    clockSays("2026-01-05T09:01:30.000Z");
    expect(serverTime()).toBe(Date.parse("2026-01-05T09:01:30.000Z"));
  });

  it("is that of an answer's date, and stays where it is within its second", () => {
    dateSays("Mon, 05 Jan 2026 09:00:00 GMT");
    expect(serverTime()).toBe(AT);
    dateSays("Mon, 05 Jan 2026 08:00:00 GMT");
    expect(serverTime()).toBe(Date.parse("2026-01-05T08:00:01.000Z"));
    dateSays("Mon, 05 Jan 2026 10:00:00 GMT");
    expect(serverTime()).toBe(Date.parse("2026-01-05T10:00:00.000Z"));
  });

  it("stays where an answer has no date, or none that can be read", () => {
    dateSays(null);
    dateSays("soon");
    expect(serverTime()).toBe(AT);
  });
});

describe("duration", () => {
  it("writes durations as clocks do", () => {
    expect([0, 7_000, 760_000, 3_723_000, -5].map(duration)).toEqual([
      "0:00",
      "0:07",
      "12:40",
      "1:02:03",
      "0:00",
    ]);
  });
});
