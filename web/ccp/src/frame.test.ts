import { beforeEach, describe, expect, it, vi } from "vitest";
import { Frame, type FrameEvents } from "./frame.ts";
import { StreamsError, type ConduitMessage, type Snapshot } from "./streams.ts";

const DESKTOP = "https://desk.example";

let posted: [ConduitMessage, string][];
/** What went with a port. */
let handed: [unknown, string, Transferable[]][];
let events: FrameEvents;
let frame: Frame;

beforeEach(() => {
  posted = [];
  handed = [];
  events = {
    request: vi.fn(async () => ({ good: true })),
    errorText: (error) =>
      error instanceof StreamsError
        ? `text of ${error.type} ${error.statusCode}: ${error.message}`
        : `text of ${String(error)}`,
    mute: vi.fn(),
    reload: vi.fn(),
    broadcast: vi.fn(),
  };
  frame = new Frame(
    {
      postMessage: (message, origin, ports) =>
        ports
          ? handed.push([message, origin, ports])
          : posted.push([message as ConduitMessage, origin]),
    },
    [DESKTOP, "https://other.example"],
    "frame-1",
    events,
  );
});

/** The answer to what the library sends. */
async function answer(event: string, data?: unknown): Promise<ConduitMessage | undefined> {
  posted = [];
  frame.receive({ event, data }, DESKTOP);
  await Promise.resolve();
  await Promise.resolve();
  return posted[0]?.[0];
}

describe("the start", () => {
  it("is the frame's acknowledge, with an object, for each origin that may embed it", () => {
    frame.open();
    expect(posted).toEqual(
      [DESKTOP, "https://other.example"].map((origin) => [
        { event: "acknowledge", data: { id: "frame-1" } },
        origin,
      ]),
    );
  });

  it("hands the SDK's channel over once, to the origin that speaks", async () => {
    frame.open();
    expect(handed).toEqual([]);
    await answer("synchronize");
    await answer("synchronize");
    const port = expect.any(MessagePort) as unknown;
    expect(handed).toEqual([[{ type: "cross-domain-adapter-init" }, DESKTOP, [port]]]);
  });

  it("pins the origin that speaks", async () => {
    frame.open();
    await answer("synchronize");
    expect(posted).toEqual([[{ event: "acknowledge", data: undefined }, DESKTOP]]);
    posted = [];
    frame.receive({ event: "synchronize" }, "https://other.example");
    expect(posted).toEqual([]);
  });

  it.each([
    ["a stranger's origin", { event: "synchronize" }, "https://evil.example"],
    ["an origin that only begins alike", { event: "synchronize" }, `${DESKTOP}.evil.example`],
    ["a sandboxed page", { event: "synchronize" }, "null"],
    ["no message of the conduit", "synchronize", DESKTOP],
    ["nothing", null, DESKTOP],
  ])("does not answer %s", (_, message, origin) => {
    frame.open();
    posted = [];
    frame.receive(message, origin);
    expect(posted).toEqual([]);
  });

  it("says nothing before somebody is signed in, nor after", async () => {
    expect(await answer("synchronize")).toBeUndefined();
    frame.update({} as Snapshot, {} as never);
    frame.muted(true);
    expect(posted).toEqual([]);
    frame.open();
    posted = [];
    frame.close();
    expect(posted[0]?.[0].event).toBe("auth_fail");
    expect(await answer("synchronize")).toBeUndefined();
  });
});

describe("a request", () => {
  beforeEach(() => frame.open());

  it("is answered by its id", async () => {
    expect(
      await answer("api_request", {
        event: "api_request",
        requestId: "r1",
        method: "getEndpoints",
        params: { a: 1 },
      }),
    ).toEqual({
      event: "api_response",
      data: { event: "api_response", requestId: "r1", data: { good: true }, err: null },
    });
    expect(events.request).toHaveBeenCalledWith("getEndpoints", { a: 1 }, "r1");
  });

  it("that fails is answered, too", async () => {
    events.request = () => Promise.reject(new Error("no"));
    expect(await answer("api_request", { requestId: "r1", method: "x" })).toMatchObject({
      data: { requestId: "r1", data: null, err: "text of Error: no" },
    });
  });

  it.each([[null], [{ method: "x" }], [{ requestId: 1, method: "x" }]])(
    "%j is none",
    async (data) => {
      expect(await answer("api_request", data)).toBeUndefined();
      expect(events.request).not.toHaveBeenCalled();
    },
  );
});

describe("a request while nobody is signed in", () => {
  it.each([
    ["before anybody was", () => undefined],
    [
      "after the sign-out",
      () => {
        frame.open();
        frame.close();
      },
    ],
  ])("is refused at once %s", async (_, begin) => {
    begin();
    expect(
      await answer("api_request", { requestId: "r1", method: "getEndpoints", params: {} }),
    ).toEqual({
      event: "api_response",
      data: {
        event: "api_response",
        requestId: "r1",
        data: null,
        err: "text of UnauthorizedException 401: nobody is signed in to Baton",
      },
    });
    expect(posted.map(([, origin]) => origin)).toEqual([DESKTOP]);
    expect(events.request).not.toHaveBeenCalled();
    expect(await answer("api_request", { method: "getEndpoints" })).toBeUndefined();
  });
});

describe("the rest of the conduit", () => {
  beforeEach(() => frame.open());

  it("echoes a broadcast, and hands it to the other tabs", async () => {
    expect(
      await answer("broadcast", { event: "contact::accepted", data: { contactId: "c" } }),
    ).toEqual({ event: "contact::accepted", data: { contactId: "c" } });
    expect(events.broadcast).toHaveBeenCalledWith("contact::accepted", { contactId: "c" });
  });

  it.each([
    [{ mute: true }, true],
    [{ mute: false }, false],
    [undefined, null],
  ])("takes mute %j", async (data, wanted) => {
    expect(await answer("broadcast", { event: "mute", data })).toBeUndefined();
    expect(events.mute).toHaveBeenCalledWith(wanted);
  });

  it("makes the page master of what it asks for", async () => {
    const ask = (method: string, params: object): Promise<ConduitMessage | undefined> =>
      answer("master_request", { requestId: "m", method, params });
    const topic = "softphone";
    expect(await ask("checkMaster", { topic, shouldNotBecomeMasterIfNone: true })).toMatchObject({
      data: { data: { masterId: null, isMaster: false } },
    });
    expect(await ask("checkMaster", { topic })).toMatchObject({
      event: "master_response",
      data: { requestId: "m", data: { masterId: "frame-1", isMaster: true, topic } },
    });
    expect(await ask("becomeMaster", { topic })).toMatchObject({
      data: { data: { masterId: "frame-1", takeOver: false } },
    });
  });

  it("reads the configuration anew when asked", async () => {
    await answer("reload_agent_configuration");
    expect(events.reload).toHaveBeenCalled();
  });

  it.each(["log", "configure", "outer_context_info", "tab_id", "iframe_style", "something new"])(
    "bears %s",
    async (event) => {
      expect(await answer(event, {})).toBeUndefined();
    },
  );
});
