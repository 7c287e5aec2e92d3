import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Socket, type SocketEvents } from "./socket.ts";

/** A WebSocket whose other end is the test. */
class FakeSocket {
  static last: FakeSocket;
  onopen: () => void = () => undefined;
  onmessage: (message: { data: string }) => void = () => undefined;
  onclose: (event: { code: number }) => void = () => undefined;
  constructor(readonly url: URL) {
    FakeSocket.last = this;
  }
  readonly sent: string[] = [];
  send(text: string): void {
    this.sent.push(text);
  }
  close(): void {
    // Told later, by the test.
  }
  get position(): unknown[] {
    return ["epoch", "after"].map((key) => this.url.searchParams.get(key));
  }
}

let events: SocketEvents;

beforeEach(() => {
  vi.stubGlobal("WebSocket", FakeSocket);
  vi.stubGlobal("location", new URL("https://baton.example/ccp-v2/"));
  events = { event: vi.fn(), connected: vi.fn(), signedOut: vi.fn() };
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

it("asks for the whole state again where the connection died between its syncs", async () => {
  vi.useFakeTimers();
  const socket = new Socket(events, () => Promise.resolve(true));
  socket.open();
  const comesBackAfter = async (...topics: string[]): Promise<unknown[]> => {
    const before = FakeSocket.last;
    before.onopen();
    for (const topic of topics) {
      const event = { topic, subtopic: "StateSync", message: {}, epoch: "e1", sequence: 7 };
      before.onmessage({ data: JSON.stringify(event) });
    }
    before.onclose({ code: 1006 });
    await vi.advanceTimersToNextTimerAsync();
    expect(FakeSocket.last).not.toBe(before);
    return FakeSocket.last.position;
  };
  expect(await comesBackAfter("App")).toEqual(["new", "0"]);
  expect(await comesBackAfter("App", "Agent")).toEqual(["new", "0"]);
  expect(await comesBackAfter("App", "Agent", "InboundCall")).toEqual(["e1", "7"]);
  socket.close();
});

it("notices a connection that died without a word, and goes on from where it was", async () => {
  vi.useFakeTimers();
  const socket = new Socket(events, () => Promise.resolve(true));
  socket.open();
  const dead = FakeSocket.last;
  dead.onopen();
  const event = { topic: "Agent", subtopic: "SetAgentState", epoch: "e1", sequence: 7 };
  dead.onmessage({ data: JSON.stringify(event) });
  await vi.advanceTimersByTimeAsync(24_000);
  dead.onmessage({ data: JSON.stringify({ ...event, sequence: 8 }) });
  await vi.advanceTimersByTimeAsync(24_000);
  expect(dead.sent).toEqual([]);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(dead.sent.map((text) => JSON.parse(text) as object)).toMatchObject([
    { topic: "App", subtopic: "StateSync" },
  ]);
  // An answer is a sign of life.
  dead.onmessage({ data: JSON.stringify({ topic: "App", subtopic: "StateSync", message: {} }) });
  await vi.advanceTimersByTimeAsync(24_000);
  expect(events.connected).toHaveBeenLastCalledWith(true);
  await vi.advanceTimersByTimeAsync(6_000);
  expect(events.connected).toHaveBeenLastCalledWith(false);
  await vi.advanceTimersByTimeAsync(250);
  expect(FakeSocket.last).not.toBe(dead);
  expect(FakeSocket.last.position).toEqual(["e1", "8"]);
  // The browser gives the old one up at last, which means nothing any more.
  FakeSocket.last.onopen();
  dead.onclose({ code: 1006 });
  expect(events.connected).toHaveBeenLastCalledWith(true);
  socket.close();
  expect(vi.getTimerCount()).toBe(0);
});

it("gives up a connection that does not open", async () => {
  vi.useFakeTimers();
  const socket = new Socket(events, () => Promise.resolve(true));
  socket.open();
  const first = FakeSocket.last;
  await vi.advanceTimersByTimeAsync(20_000 + 250);
  expect(FakeSocket.last).not.toBe(first);
  socket.close();
});

it("tells once that nobody is signed in any more", () => {
  const socket = new Socket(events, () => Promise.resolve(true));
  socket.open();
  FakeSocket.last.onopen();
  FakeSocket.last.onclose({ code: 4401 });
  FakeSocket.last.onclose({ code: 4401 });
  expect(events.signedOut).toHaveBeenCalledTimes(1);
});

it("tells nothing after it was closed, though it had asked before", async () => {
  let answer = (_: boolean): void => undefined;
  const socket = new Socket(events, () => new Promise((resolve) => (answer = resolve)));
  socket.open();
  FakeSocket.last.onclose({ code: 1006 });
  socket.close();
  answer(false);
  await Promise.resolve();
  await Promise.resolve();
  expect(events.signedOut).not.toHaveBeenCalled();
});
