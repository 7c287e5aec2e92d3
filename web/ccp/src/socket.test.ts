import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Socket, type SocketEvents } from "./socket.ts";

/** A WebSocket whose other end is the test. */
class FakeSocket {
  static last: FakeSocket;
  onopen: () => void = () => undefined;
  onclose: (event: { code: number }) => void = () => undefined;
  constructor() {
    FakeSocket.last = this;
  }
  close(): void {
    // Told later, by the test.
  }
}

let events: SocketEvents;

beforeEach(() => {
  vi.stubGlobal("WebSocket", FakeSocket);
  vi.stubGlobal("location", new URL("https://baton.example/ccp-v2/"));
  events = { event: vi.fn(), connected: vi.fn(), signedOut: vi.fn() };
});
afterEach(() => void vi.unstubAllGlobals());

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
