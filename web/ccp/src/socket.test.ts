import { FakeSocket } from "@baton/shared/testing.ts";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Socket, type SocketEvents } from "./socket.ts";

let events: SocketEvents;
const position = (): unknown[] => {
  const { searchParams } = new URL(FakeSocket.last.url);
  return ["epoch", "after"].map((key) => searchParams.get(key));
};

beforeEach(() => {
  FakeSocket.all = [];
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
    before.opens();
    for (const topic of topics) {
      const event = { topic, subtopic: "StateSync", message: {}, epoch: "e1", sequence: 7 };
      before.tell(event);
    }
    before.closes();
    await vi.advanceTimersToNextTimerAsync();
    expect(FakeSocket.last).not.toBe(before);
    return position();
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
  dead.opens();
  const event = { topic: "Agent", subtopic: "SetAgentState", epoch: "e1", sequence: 7 };
  dead.tell(event);
  await vi.advanceTimersByTimeAsync(24_000);
  dead.tell({ ...event, sequence: 8 });
  await vi.advanceTimersByTimeAsync(24_000);
  expect(dead.sent).toEqual([]);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(dead.sent).toMatchObject([{ topic: "App", subtopic: "StateSync" }]);
  // An answer is a sign of life.
  dead.tell({ topic: "App", subtopic: "StateSync", message: {} });
  await vi.advanceTimersByTimeAsync(24_000);
  expect(events.connected).toHaveBeenLastCalledWith(true);
  await vi.advanceTimersByTimeAsync(6_000);
  expect(events.connected).toHaveBeenLastCalledWith(false);
  await vi.advanceTimersByTimeAsync(250);
  expect(FakeSocket.last).not.toBe(dead);
  expect(position()).toEqual(["e1", "8"]);
  // The browser gives the old one up at last, which means nothing any more.
  FakeSocket.last.opens();
  dead.closes();
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
  FakeSocket.last.opens();
  FakeSocket.last.closes(4401);
  FakeSocket.last.closes(4401);
  expect(events.signedOut).toHaveBeenCalledTimes(1);
});

it("tells nothing after it was closed, though it had asked before", async () => {
  let answer = (_: boolean): void => undefined;
  const socket = new Socket(events, () => new Promise((resolve) => (answer = resolve)));
  socket.open();
  FakeSocket.last.closes();
  socket.close();
  answer(false);
  await Promise.resolve();
  await Promise.resolve();
  expect(events.signedOut).not.toHaveBeenCalled();
});
