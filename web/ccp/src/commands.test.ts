import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { BatonRefusal, OUTCOME_MS, type Baton, type Request } from "./baton.ts";
import type { Desk } from "./command.ts";
import { carryOut } from "./commands.ts";
import { toStreamsError } from "./errors.ts";
import type { BatonEvent, State, StateChoice } from "./state.ts";
import type { Endpoint } from "./streams.ts";
import {
  ACW,
  after,
  AGENT_LEG,
  AVAILABLE,
  CHOICES,
  CONNECTED,
  CONTACT,
  CUSTOMER_LEG,
  HELD,
  INSTANCE,
  OFFER,
  TRANSFER,
  transferEvent,
} from "./testing.ts";

/** Takes every request; answers those that wait for an outcome at once, unless it is told otherwise. */
class FakeBaton implements Baton {
  sent: Request[] = [];
  refuses: Partial<Record<string, BatonRefusal>> = {};
  outcome: (request: Request) => BatonEvent | null = ({ id }) => ({
    topic: "InboundCall",
    subtopic: "InboundCallStateChange",
    id,
  });
  preflightSays: BatonRefusal | null = null;
  quickConnects: object[] = [];
  #listeners = new Set<(event: BatonEvent) => void>();

  async send(request: Request): Promise<void> {
    const refusal = this.refuses[request.subtopic];
    if (refusal) throw refusal;
    this.sent.push(request);
    const event = this.outcome(request);
    if (event) for (const listener of [...this.#listeners]) listener(event);
  }

  async read<T>(): Promise<T> {
    return { items: this.quickConnects } as T;
  }

  async preflight(): Promise<BatonRefusal | null> {
    return this.preflightSays;
  }

  onEvent(listener: (event: BatonEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  get said(): string[] {
    return this.sent.map(({ subtopic }) => subtopic);
  }
}

let baton: FakeBaton;
let next: StateChoice | null;

function desk(state: State): Desk {
  return {
    baton,
    state,
    choices: CHOICES,
    setNextState: (choice) => {
      next = choice;
    },
  };
}

const TALKING = after(AVAILABLE, CONNECTED);
const OTHER: Endpoint = {
  endpointARN: `${INSTANCE}/transfer-destination/2`,
  endpointId: null,
  type: "phone_number",
  name: "Sasi_Chime",
  phoneNumber: "+16579994374",
  agentLogin: null,
  queue: null,
};

function call(
  method: string,
  params: Record<string, unknown> = {},
  state = TALKING,
): Promise<unknown> {
  return carryOut(desk(state), method, { contactId: CONTACT, ...params }, "r1");
}

beforeEach(() => {
  baton = new FakeBaton();
  next = null;
});

afterEach(() => {
  vi.useRealTimers();
  expect(baton.listeners).toBe(0);
});

describe("every call", () => {
  it.each(["conferenceConnections", "transferContact", "createTransport", "toString", ""])(
    "of %s gets an answer",
    async (method) => {
      await expect(call(method)).rejects.toMatchObject({
        name: "StreamsError",
        message: expect.stringContaining(method),
      });
    },
  );

  it("about another contact is refused", async () => {
    await expect(
      carryOut(desk(TALKING), "acceptContact", { contactId: "another" }, "r1"),
    ).rejects.toMatchObject({ type: "InvalidStateException" });
    await expect(call("holdConnection", { connectionId: "another" })).rejects.toMatchObject({
      type: "InvalidStateException",
    });
  });

  it("that fails has the form of the library", async () => {
    baton.refuses["Answer"] = new BatonRefusal(
      409,
      "ANSWER_CALL_FAILED",
      "no call is offered",
      "noActiveCall",
    );
    const error = toStreamsError(await call("acceptContact").catch((refusal: unknown) => refusal));
    expect(JSON.parse(error.toText())).toEqual({
      type: "InvalidStateException",
      message: "no call is offered",
      stack: [],
      retryStatus: "none",
      statusCode: 409,
      reason: "noActiveCall",
    });
  });

  it.each([
    [401, null, "UnauthorizedException"],
    [403, null, "AccessDeniedException"],
    [422, "countryNotAllowed", "BadEndpointException"],
    [429, "rateLimited", "QuotaExceededException"],
    [503, "backendUnavailable", "InternalServiceException"],
    [409, "transferInProgress", "InvalidStateException"],
    [null, "somethingNew", "InvalidStateException"],
  ])("with the status %s and the reason %s is a %s", (status, reason, type) => {
    expect(toStreamsError(new BatonRefusal(status, "", "why", reason)).type).toBe(type);
  });

  it("with a fault of our own is told as such", () => {
    expect(toStreamsError(new TypeError("oh"))).toMatchObject({
      type: "InternalServiceException",
      message: "oh",
    });
  });
});

describe("the agent state", () => {
  const toBreak = { state: { name: "Break", type: "not_routable", agentStateARN: null } };

  it("is set by its name", async () => {
    await call("putAgentState", toBreak, after(AVAILABLE));
    expect(baton.sent).toEqual([
      {
        topic: "Agent",
        subtopic: "UpdateState",
        data: { label: "Break", code: "Break", type: "not_routable" },
        id: "r1",
      },
    ]);
    expect(next).toBeNull();
  });

  it("waits for the end of a call", async () => {
    await call("putAgentState", toBreak);
    expect(baton.said).toEqual(["UpdateState"]);
    expect(next).toMatchObject({ label: "Break" });
  });

  it("ends after-call work, unless it is to wait for that", async () => {
    const acw = after(AVAILABLE, CONNECTED, ACW);
    await call("putAgentState", { ...toBreak, enqueueNextState: true }, acw);
    expect([baton.said, next?.label]).toEqual([["UpdateState"], "Break"]);
    await call("putAgentState", toBreak, acw);
    expect(baton.said).toEqual(["UpdateState", "UpdateState", "ClearContact"]);
  });

  it("signs the agent in first where he is not", async () => {
    await call("putAgentState", toBreak, after());
    expect(baton.said).toEqual(["Login", "UpdateState"]);
  });

  it("that does not exist is refused with those that do", async () => {
    await expect(call("putAgentState", { state: { name: "Fishing" } })).rejects.toMatchObject({
      message: expect.stringContaining("Available, Break, Offline"),
    });
    await expect(call("putAgentState", { state: null })).rejects.toMatchObject({
      type: "InvalidStateException",
    });
  });
});

describe("the endpoints", () => {
  it("come in pages", async () => {
    baton.quickConnects = [1, 2, 3].map((n) => ({ ...OTHER, name: `n${n}`, available: true }));
    const first = await call("getEndpoints", { queueARNs: [], nextToken: null, maxResults: 2 });
    expect(first).toMatchObject({ endpoints: [{ name: "n1" }, { name: "n2" }], nextToken: "2" });
    expect(Object.keys((first as { endpoints: object[] }).endpoints[0] ?? {})).not.toContain(
      "available",
    );
    expect(await call("getEndpoints", { nextToken: "2", maxResults: 2 })).toMatchObject({
      endpoints: [{ name: "n3" }],
      nextToken: null,
    });
    await expect(call("getEndpoints", { nextToken: "x" })).rejects.toMatchObject({
      type: "PaginationException",
    });
  });
});

describe("a call", () => {
  it.each([
    ["acceptContact", "Answer"],
    ["rejectContact", "Reject"],
  ])("%s sends %s", async (method, subtopic) => {
    await expect(call(method, {}, after(AVAILABLE, OFFER))).resolves.toEqual({});
    expect(baton.sent).toEqual([{ topic: "InboundCall", subtopic, data: CONTACT, id: "r1" }]);
  });

  it("is cleared by both names", async () => {
    for (const method of ["clearContact", "completeContact"])
      await call(method, {}, after(AVAILABLE, CONNECTED, ACW));
    expect(baton.said).toEqual(["ClearContact", "ClearContact"]);
  });

  it("is held when the phone has done it, and not before", async () => {
    await call("holdConnection", { connectionId: CUSTOMER_LEG });
    expect(baton.said).toEqual(["Hold"]);
    baton.outcome = ({ id }) => ({
      topic: "Error",
      subtopic: "ApiError",
      id,
      data: { errorType: "HOLD_CALL_FAILED", msg: "Not Acceptable Here", reason: "backendRefused" },
    });
    await expect(call("holdConnection", { connectionId: CUSTOMER_LEG })).rejects.toMatchObject({
      message: "Not Acceptable Here",
      reason: "backendRefused",
    });
    await expect(call("holdConnection", { connectionId: AGENT_LEG })).rejects.toMatchObject({
      type: "InvalidStateException",
    });
  });

  it("whose phone never says whether it was held is given up", async () => {
    vi.useFakeTimers();
    baton.outcome = () => null;
    const held = expect(
      call("holdConnection", { connectionId: CUSTOMER_LEG }),
    ).rejects.toMatchObject({ reason: "timeout" });
    await vi.advanceTimersByTimeAsync(OUTCOME_MS);
    await held;
  });

  it("sends digits to the customer", async () => {
    await call("sendDigits", { connectionId: CUSTOMER_LEG, digits: "12#" });
    expect(baton.sent[0]).toMatchObject({ subtopic: "SendDTMF", data: "12#", contactId: CONTACT });
  });

  it("is muted at the agent only", async () => {
    await call("muteParticipant", { connectionId: AGENT_LEG });
    await call("unmuteParticipant", { connectionId: AGENT_LEG });
    expect(baton.said).toEqual(["Mute", "Unmute"]);
    await expect(call("muteParticipant", { connectionId: CUSTOMER_LEG })).rejects.toMatchObject({
      type: "NotSupportedException",
    });
  });

  it("goes out to a number", async () => {
    await call(
      "createOutboundContact",
      { endpoint: { ...OTHER, endpointARN: null, phoneNumber: "+12082097345" } },
      after(AVAILABLE),
    );
    expect(baton.sent[0]).toMatchObject({ subtopic: "SetMakeCall", data: "+12082097345" });
  });
});

describe("addConnection", () => {
  const add = { endpoint: OTHER };

  it("holds the customer, then hands him to whoever answers", async () => {
    await call("createAdditionalConnection", add);
    expect(baton.sent).toEqual([
      { topic: "InboundCall", subtopic: "Hold", data: CONTACT, id: "r1:hold" },
      {
        topic: "InboundCall",
        subtopic: "BlindTransfer",
        data: { ...OTHER, endpointId: OTHER.endpointARN },
        contactId: CONTACT,
        options: { releaseOn: "answered" },
        id: "r1",
      },
    ]);
  });

  it("does not hold who is on hold", async () => {
    await call("createAdditionalConnection", add, after(AVAILABLE, CONNECTED, HELD));
    expect(baton.said).toEqual(["BlindTransfer"]);
  });

  it("gives the customer to a queue at once", async () => {
    await call("createAdditionalConnection", {
      endpoint: { ...OTHER, type: "queue", phoneNumber: null },
    });
    expect(baton.sent).toEqual([
      expect.objectContaining({
        subtopic: "BlindTransfer",
        data: expect.objectContaining({ type: "queue", phoneNumber: null }),
      }),
    ]);
    expect(baton.sent[0]?.options).toBeUndefined();
  });

  it.each([
    ["+12082097345", "+12082097345"],
    ["sip:+12082097345@sip.example;user=phone", "+12082097345"],
  ])("dials %s", async (phoneNumber, data) => {
    await call("createAdditionalConnection", {
      endpoint: { ...OTHER, endpointARN: null, name: null, phoneNumber },
    });
    expect(baton.sent.at(-1)).toMatchObject({ subtopic: "BlindTransfer", data });
  });

  it("touches nobody where it would be refused", async () => {
    baton.preflightSays = new BatonRefusal(
      null,
      "BLIND_TRANSFER_FAILED",
      "the queue is closed",
      "queueClosed",
    );
    await expect(call("createAdditionalConnection", add)).rejects.toMatchObject({
      type: "BadEndpointException",
      message: "the queue is closed",
    });
    expect(baton.sent).toEqual([]);
  });

  it("resumes the customer where it is refused all the same, and tells the refusal", async () => {
    baton.refuses["BlindTransfer"] = new BatonRefusal(
      429,
      "BLIND_TRANSFER_FAILED",
      "too often",
      "rateLimited",
    );
    await expect(call("createAdditionalConnection", add)).rejects.toMatchObject({
      type: "QuotaExceededException",
    });
    expect(baton.said).toEqual(["Hold", "Resume"]);
  });

  it.each([
    ["an agent without his quick connect", { ...OTHER, endpointARN: null, type: "agent" }],
    ["nothing", { ...OTHER, endpointARN: null, type: null, phoneNumber: null }],
  ])("to %s is a bad endpoint", async (_, endpoint) => {
    await expect(call("createAdditionalConnection", { endpoint })).rejects.toMatchObject({
      type: "BadEndpointException",
    });
    expect(baton.sent).toEqual([]);
  });

  it("needs a customer who is connected, and no third party", async () => {
    await expect(
      call("createAdditionalConnection", add, after(AVAILABLE, OFFER)),
    ).rejects.toMatchObject({ type: "InvalidStateException" });
    const dialling = after(AVAILABLE, CONNECTED, HELD, transferEvent("dialing"));
    await expect(call("createAdditionalConnection", add, dialling)).rejects.toMatchObject({
      type: "InvalidStateException",
    });
  });
});

describe("destroy", () => {
  const dialling = after(AVAILABLE, CONNECTED, HELD, transferEvent("dialing"));

  it.each([
    ["the agent, who leaves", AGENT_LEG, TALKING, ["Disconnect"]],
    ["the agent while a third party is called", AGENT_LEG, dialling, ["Disconnect"]],
    ["the agent, to whom the call is offered", AGENT_LEG, after(AVAILABLE, OFFER), ["Reject"]],
    ["the agent, who has left", AGENT_LEG, after(AVAILABLE, CONNECTED, ACW), []],
    ["the customer", CUSTOMER_LEG, TALKING, ["Disconnect"]],
    ["the third party", TRANSFER, dialling, ["CancelTransfer"]],
    [
      "the third party, who is gone",
      TRANSFER,
      after(AVAILABLE, CONNECTED, HELD, transferEvent("dialing"), transferEvent("failed")),
      [],
    ],
  ])("of %s", async (_, connectionId, state, said) => {
    await expect(call("destroyConnection", { connectionId }, state)).resolves.toEqual({});
    expect(baton.said).toEqual(said);
  });

  it("of the customer is refused while a third party is called, since Baton would end nobody but the agent", async () => {
    await expect(
      call("destroyConnection", { connectionId: CUSTOMER_LEG }, dialling),
    ).rejects.toMatchObject({ type: "InvalidStateException" });
    expect(baton.sent).toEqual([]);
  });
});
