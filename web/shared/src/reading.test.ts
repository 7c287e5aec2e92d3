import { BatonError, type ConnectionState } from "@baton/client";
import { signal } from "@preact/signals";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { keepReading, readOnceConnected } from "./reading.ts";

describe("what is read once connected", () => {
  const connection = signal<ConnectionState>("connecting");
  let answers: (boolean | BatonError)[];
  let end: () => void;
  const read = vi.fn(async (): Promise<void> => {
    const answer = answers.shift() ?? true;
    if (answer !== true) throw answer || new Error("away");
  });
  const refused = vi.fn();
  const refusal = (status: number): BatonError =>
    new BatonError({ errorType: "NOT_PERMITTED", msg: "no", errorMessage: "no" }, status);
  beforeEach(() => {
    vi.useFakeTimers();
    read.mockClear();
    refused.mockClear();
    connection.value = "connecting";
    answers = [];
    end = readOnceConnected(connection, read, refused);
  });
  afterEach(() => {
    end();
    vi.useRealTimers();
  });

  it("is read with each connection, and no more", async () => {
    expect(read).not.toHaveBeenCalled();
    connection.value = "open";
    await vi.advanceTimersByTimeAsync(60_000);
    expect(read).toHaveBeenCalledTimes(1);
    connection.value = "connecting";
    connection.value = "open";
    await vi.advanceTimersByTimeAsync(60_000);
    expect(read).toHaveBeenCalledTimes(2);
  });

  it("is read again until it is there", async () => {
    answers = [false, false];
    connection.value = "open";
    await vi.advanceTimersByTimeAsync(60_000);
    expect(read).toHaveBeenCalledTimes(3);
  });

  it("is read again where the server has too much to do, or cannot", async () => {
    answers = [refusal(429), refusal(503)];
    connection.value = "open";
    await vi.advanceTimersByTimeAsync(60_000);
    expect(read).toHaveBeenCalledTimes(3);
    expect(refused).not.toHaveBeenCalled();
  });

  it.each([401, 403, 404])(
    "is not read again once it is refused for good, by %i",
    async (status) => {
      const why = refusal(status);
      answers = [why, why];
      connection.value = "open";
      await vi.advanceTimersByTimeAsync(60_000);
      expect(read).toHaveBeenCalledTimes(1);
      expect(refused.mock.calls).toEqual([[why]]);
      // Somebody else may be signed in then.
      connection.value = "connecting";
      connection.value = "open";
      await vi.advanceTimersByTimeAsync(60_000);
      expect(read).toHaveBeenCalledTimes(2);
    },
  );

  it("is not asked for without a connection", async () => {
    answers = [false, false];
    connection.value = "open";
    await vi.advanceTimersByTimeAsync(0);
    connection.value = "signedOut";
    await vi.advanceTimersByTimeAsync(60_000);
    expect(read).toHaveBeenCalledTimes(1);
    // Nor where it fails only then.
    let fail: ((why: Error) => void) | undefined;
    read.mockImplementationOnce(() => new Promise((_, reject) => (fail = reject)));
    connection.value = "open";
    connection.value = "closed";
    fail?.(new Error("away"));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(read).toHaveBeenCalledTimes(2);
  });
});

describe("what is read again and again", () => {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal("document", { hidden: false });
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("is awaited however long it takes, and then read a while later", async () => {
    const answers: (() => void)[] = [];
    const read = vi.fn(() => new Promise<void>((resolve) => answers.push(resolve)));
    const end = keepReading(read, 60_000);
    await vi.advanceTimersByTimeAsync(119_000);
    expect(read).toHaveBeenCalledTimes(1);
    answers[0]?.();
    await vi.advanceTimersByTimeAsync(59_999);
    expect(read).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(read).toHaveBeenCalledTimes(2);
    end();
    answers[1]?.();
    await vi.advanceTimersByTimeAsync(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is not read again while nobody sees it", async () => {
    const read = vi.fn(() => Promise.resolve());
    vi.stubGlobal("document", { hidden: true });
    const end = keepReading(read, 60_000);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(read).toHaveBeenCalledTimes(1);
    vi.stubGlobal("document", { hidden: false });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(read).toHaveBeenCalledTimes(2);
    end();
  });
});
