import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { BatonRefusal } from "./baton.ts";
import { FIRST_WAIT, LAST_WAIT, persist, Waits } from "./retry.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const refused = (status: number | null): BatonRefusal => new BatonRefusal(status, "", "no", null);

describe("persist", () => {
  it("tries again while Baton is away or has too much to do", async () => {
    const attempt = vi.fn(async () => undefined);
    for (const status of [429, 500, 503, 599]) attempt.mockRejectedValueOnce(refused(status));
    const done = persist(attempt, () => true);
    await vi.advanceTimersByTimeAsync(FIRST_WAIT * (1 + 2 + 4 + 8));
    expect(await done).toBe(true);
    expect(attempt).toHaveBeenCalledTimes(5);
  });

  it.each([refused(400), refused(401), refused(428), refused(499), refused(null), new Error()])(
    "gives up at %s",
    async (error) => {
      const attempt = vi.fn(() => Promise.reject(error));
      await expect(persist(attempt, () => true)).rejects.toBe(error);
      expect(attempt).toHaveBeenCalledTimes(1);
    },
  );

  it("ends where it is not wanted any more", async () => {
    let wanted = true;
    const attempt = vi.fn(() => Promise.reject(refused(503)));
    const done = persist(attempt, () => wanted);
    await vi.advanceTimersByTimeAsync(0);
    wanted = false;
    await vi.advanceTimersByTimeAsync(FIRST_WAIT);
    expect(await done).toBe(false);
    expect(attempt).toHaveBeenCalledTimes(1);
  });
});

it("waits twice as long each time, up to a limit", () => {
  const waits = new Waits();
  for (let most = FIRST_WAIT; most < LAST_WAIT * 4; most *= 2) {
    const wait = waits.next();
    expect(wait).toBeGreaterThanOrEqual(Math.min(most, LAST_WAIT) / 2);
    expect(wait).toBeLessThanOrEqual(Math.min(most, LAST_WAIT));
  }
  waits.reset();
  expect(waits.next()).toBeLessThanOrEqual(FIRST_WAIT);
});
