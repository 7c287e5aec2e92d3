import { describe, expect, it, vi } from "vitest";
import { attachBus } from "./bus.ts";
import type { BatonClient } from "./client.ts";
import { BatonError, BatonUnreachable } from "./error.ts";
import type { ServerEvent } from "./messages.ts";

/** A page's object of the usual kind, and a client that is told what to answer. */
function scene() {
  const listeners = new Set<(message: unknown) => void>();
  const seen: unknown[] = [];
  const bus = {
    publish: (message: unknown) => {
      seen.push(message);
      for (const listener of listeners) listener(message);
    },
    subscribe: (listener: (message: unknown) => void) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  let toServer: (event: ServerEvent) => void = () => undefined;
  const publish = vi.fn<BatonClient["publish"]>().mockResolvedValue({ id: null, accepted: true });
  const client = {
    publish,
    subscribe: (_topic: string, handler: (event: ServerEvent) => void) => {
      toServer = handler;
      return () => (toServer = () => undefined);
    },
  } as unknown as BatonClient;
  return {
    bus,
    seen,
    publish,
    end: attachBus(client, bus),
    event: (e: object) => toServer(e as ServerEvent),
  };
}

const HOLD = {
  channel: "Amazon",
  topic: "InboundCall",
  subtopic: "Hold",
  source: "page",
  id: "h1",
};
const STATE = { channel: "Amazon", topic: "App", subtopic: "StateSync", message: {} };
const turns = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

describe("attachBus", () => {
  it("sends what the page publishes, and nothing that the server said", async () => {
    const { bus, publish, event } = scene();
    bus.publish(HOLD);
    bus.publish({ channel: "Other", topic: "x", subtopic: "y" });
    bus.publish("a text");
    event(STATE);
    event({ channel: "Amazon", topic: "Error", subtopic: "ApiError", data: {} });
    await turns();
    expect(publish.mock.calls).toEqual([[HOLD]]);
  });

  it("publishes events and the replies to reads", async () => {
    const { bus, seen, publish, event } = scene();
    event(STATE);
    publish.mockResolvedValue({ ...STATE, id: "r1" } as unknown as ServerEvent);
    bus.publish({
      channel: "amazon",
      topic: "App",
      subtopic: "StateSync",
      source: "page",
      id: "r1",
    });
    await turns();
    expect(seen).toHaveLength(3);
    expect(seen[2]).toMatchObject({ id: "r1", message: {} });
  });

  it("publishes a reply that came by the socket, and so as an event, too, once", async () => {
    const { bus, seen, publish, event } = scene();
    const reply = { ...STATE, id: "r1" } as unknown as ServerEvent;
    publish.mockResolvedValue(reply);
    bus.publish({ ...HOLD, topic: "App", subtopic: "StateSync", id: "r1" });
    event(reply);
    await turns();
    expect(seen.slice(1)).toEqual([reply]);
  });

  it("publishes a refusal once, whichever way it comes first", async () => {
    const { bus, seen, publish, event } = scene();
    const data = {
      errorType: "HOLD_CALL_FAILED",
      msg: "no call",
      errorMessage: "Call hold failed.",
    };
    publish.mockRejectedValue(new BatonError(data, 409, "h1"));
    bus.publish(HOLD);
    await turns();
    event({ channel: "Amazon", topic: "Error", subtopic: "ApiError", data, id: "h1", sequence: 4 });
    expect(seen.slice(1)).toEqual([
      { channel: "Amazon", topic: "Error", subtopic: "ApiError", data, id: "h1" },
    ]);
  });

  const BUSY = {
    errorType: "HOLD_CALL_FAILED",
    msg: "busy",
    errorMessage: "Call hold failed.",
    reason: "busy",
  } as const;
  const LIMITED = { ...BUSY, msg: "too many requests", reason: "rateLimited" } as const;
  const refusal = (data: object) => ({
    channel: "Amazon",
    topic: "Error",
    subtopic: "ApiError",
    data,
    id: "h1",
  });
  const told = (seen: unknown[]): unknown[] =>
    seen.flatMap((one) => {
      const { topic, data } = one as { topic: string; data?: { reason?: string } };
      return topic === "Error" ? [data?.reason] : [];
    });

  it.each([
    ["rateLimited", new BatonError(LIMITED, 429, "h1")],
    ["backendUnavailable", new BatonUnreachable("no answer")],
  ])("publishes what becomes of a repeat after %s", async (reason, first) => {
    const { bus, seen, publish, event } = scene();
    publish.mockRejectedValueOnce(first);
    bus.publish(HOLD);
    await turns();
    bus.publish(HOLD);
    await turns();
    event({ ...refusal(BUSY), sequence: 4 });
    expect(told(seen)).toEqual([reason, "busy"]);
  });

  it("publishes the refusal that comes after no answer, without a repeat", async () => {
    const { bus, seen, publish, event } = scene();
    publish.mockRejectedValueOnce(new BatonUnreachable("no answer"));
    bus.publish(HOLD);
    await turns();
    event({ ...refusal(BUSY), sequence: 4 });
    expect(told(seen)).toEqual(["backendUnavailable", "busy"]);
  });

  it("answers a repeat of what was refused before, once", async () => {
    const { bus, seen, publish, event } = scene();
    publish.mockRejectedValue(new BatonError(BUSY, 409, "h1"));
    bus.publish(HOLD);
    event({ ...refusal(BUSY), sequence: 4 });
    await turns();
    expect(told(seen)).toEqual(["busy"]);
    bus.publish(HOLD);
    await turns();
    expect(told(seen)).toEqual(["busy", "busy"]);
  });

  it("publishes what the socket refused for now once, and no missing answer after a refusal", async () => {
    const { bus, seen, publish, event } = scene();
    publish.mockRejectedValueOnce(new BatonError(LIMITED, 0, "h1"));
    bus.publish(HOLD);
    event(refusal(LIMITED));
    await turns();
    publish.mockRejectedValueOnce(new BatonUnreachable("no answer"));
    bus.publish(HOLD);
    event({ ...refusal(BUSY), sequence: 4 });
    await turns();
    expect(told(seen)).toEqual(["rateLimited", "busy"]);
  });

  it("publishes each error that events tell of a request", async () => {
    const { bus, seen, event } = scene();
    bus.publish(HOLD);
    await turns();
    event({ ...refusal(BUSY), sequence: 4 });
    event({ ...refusal({ ...BUSY, reason: "noAnswer" }), sequence: 5 });
    expect(told(seen)).toEqual(["busy", "noAnswer"]);
  });

  it("ends", async () => {
    const { bus, seen, publish, event, end } = scene();
    end();
    bus.publish(HOLD);
    event(STATE);
    await turns();
    expect(publish).not.toHaveBeenCalled();
    expect(seen).toEqual([HOLD]);
  });
});
