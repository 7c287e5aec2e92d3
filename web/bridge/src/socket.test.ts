import { FakeSocket } from "@baton/shared/testing.ts";
import { afterEach, expect, test, vi } from "vitest";
import { BridgeSocket, SignedOut, ticketFrom } from "./socket.ts";

afterEach(() => {
  vi.useRealTimers();
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

test("a connection that died without a word is given up, and another one made", async () => {
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", FakeSocket);
  FakeSocket.all = [];
  const states: string[] = [];
  const socket = new BridgeSocket({
    url: "https://baton.example",
    ticket: async () => "t",
    onState: (state) => states.push(state),
    onText: () => undefined,
  });
  socket.open();
  // The first one never opens.
  await vi.advanceTimersByTimeAsync(20_000 + 250);
  expect(FakeSocket.all).toHaveLength(2);
  const dead = FakeSocket.all[1]!;
  dead.opens();
  // What it is told, or answered, is a sign of life.
  for (const seconds of [24, 29]) {
    await vi.advanceTimersByTimeAsync(seconds * 1_000);
    dead.tell({});
  }
  expect(dead.sent).toMatchObject([{ topic: "App", subtopic: "StateSync" }]);
  await vi.advanceTimersByTimeAsync(29_000);
  expect(states.at(-1)).toBe("open");
  await vi.advanceTimersByTimeAsync(1_000 + 500);
  expect(states.at(-1)).toBe("connecting");
  expect(FakeSocket.all).toHaveLength(3);
  FakeSocket.all[2]!.opens();
  dead.closes();
  expect(states.at(-1)).toBe("open");
  socket.close();
  expect(vi.getTimerCount()).toBe(0);
});

test("a try that is asked for while another one waits for its ticket takes its place", async () => {
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", FakeSocket);
  FakeSocket.all = [];
  const tickets: { resolve: (ticket: string) => void; reject: (why: Error) => void }[] = [];
  const states: string[] = [];
  const socket = new BridgeSocket({
    url: "https://baton.example",
    ticket: () => new Promise((resolve, reject) => tickets.push({ resolve, reject })),
    onState: (state) => states.push(state),
    onText: () => undefined,
  });
  socket.open();
  socket.retry();
  socket.retry();
  expect(tickets).toHaveLength(3);
  tickets[1]!.reject(new SignedOut());
  tickets[0]!.resolve("t");
  tickets[2]!.resolve("t");
  await vi.advanceTimersByTimeAsync(10_000);
  expect(FakeSocket.all).toHaveLength(1);
  expect(states).not.toContain("signedOut");
  socket.close();
});
