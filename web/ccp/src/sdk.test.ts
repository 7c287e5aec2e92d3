import { beforeEach, describe, expect, it } from "vitest";
import { serveSdk, type SdkPort } from "./sdk.ts";

let posted: Record<string, unknown>[];
let port: SdkPort;

beforeEach(() => {
  posted = [];
  port = {
    postMessage: (message) => posted.push(message as Record<string, unknown>),
    onmessage: null,
  };
  serveSdk(port, "frame-1");
});

function say(data: unknown): Record<string, unknown>[] {
  posted = [];
  port.onmessage?.({ data } as MessageEvent);
  return posted;
}

describe("the SDK's channel", () => {
  it("is acknowledged, so that what waits for it is sent", () => {
    expect(say({ type: "cross-domain-site-ready" })).toMatchObject([
      { type: "acknowledge", connectionId: "frame-1", healthCheckInterval: 0 },
    ]);
  });

  it("refuses each request in the SDK's own form", () => {
    const request = {
      type: "request",
      requestId: "r1",
      namespace: "aws.connect.contact",
      command: "contact/transfer",
      data: {},
    };
    expect(say(request)).toEqual([
      {
        type: "response",
        requestId: "r1",
        namespace: "aws.connect.contact",
        isError: true,
        errorKey: "handlerNotFound",
        reason: "Baton does not serve the SDK; use the methods of amazon-connect-streams",
        details: { command: "contact/transfer" },
      },
    ]);
  });

  it("says of each subscription that nothing will come, and goes on", () => {
    const topic = { namespace: "aws.connect.voice", key: "voice/participantHold" };
    expect(say({ type: "subscribe", topic, handlerId: "h1" })).toMatchObject([
      { type: "error", key: "subscriptionHandlerNotFound", isFatal: false, details: { topic } },
    ]);
  });

  it("counts the checks of its health", () => {
    expect(say({ type: "healthCheck" })).toMatchObject([
      { type: "healthCheckResponse", counter: 1 },
    ]);
    expect(say({ type: "healthCheck" })).toMatchObject([
      { type: "healthCheckResponse", counter: 2 },
    ]);
  });

  it.each([null, "text", {}, { type: "log" }, { type: "metric" }, { type: "unsubscribe" }])(
    "has no answer to %j",
    (message) => {
      expect(say(message)).toEqual([]);
    },
  );
});
