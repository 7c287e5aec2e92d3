import { describe, expect, it } from "vitest";
import { duration } from "./clock.ts";

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
