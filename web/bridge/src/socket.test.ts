import { afterEach, expect, test, vi } from "vitest";
import { SignedOut, ticketFrom } from "./socket.ts";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

test("a ticket that does not come within twenty seconds is given up", async () => {
  const late = new AbortController();
  const timeout = vi.spyOn(AbortSignal, "timeout").mockReturnValue(late.signal);
  // As a browser does it, for a server that never answers.
  vi.stubGlobal(
    "fetch",
    (_: string, { signal }: RequestInit) =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener("abort", () => reject(signal.reason as Error));
      }),
  );
  const ticket = ticketFrom("https://baton.example")();
  late.abort(new DOMException("too late", "TimeoutError"));
  await expect(ticket).rejects.toMatchObject({ name: "TimeoutError" });
  expect(timeout).toHaveBeenCalledWith(20_000);
});

test.each([401, 403])("%i is told as signed out", async (status) => {
  vi.stubGlobal("fetch", async () => new Response("", { status }));
  await expect(ticketFrom("https://baton.example")()).rejects.toBeInstanceOf(SignedOut);
});
