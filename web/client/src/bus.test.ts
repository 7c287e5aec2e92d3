import { describe, expect, it, vi } from "vitest";
import { attachBus } from "./bus.ts";
import type { BatonClient } from "./client.ts";
import { BatonError } from "./error.ts";
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
