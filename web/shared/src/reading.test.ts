import type { ConnectionState } from "@baton/client";
import { signal } from "@preact/signals";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { readOnceConnected } from "./reading.ts";

describe("what is read once connected", () => {
  const connection = signal<ConnectionState>("connecting");
  let answers: boolean[];
  let end: () => void;
  const read = vi.fn(async (): Promise<void> => {
    if (answers.shift() === false) throw new Error("away");
  });
  beforeEach(() => {
    vi.useFakeTimers();
    read.mockClear();
    connection.value = "connecting";
    answers = [];
    end = readOnceConnected(connection, read);
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
