import type { Connection, ServerEvent, Transfer, TransferRecord } from "@baton/client";
import { describe, expect, it } from "vitest";
import {
  agentLeg,
  allowed,
  apply,
  applyRecord,
  canTakeBack,
  customerOf,
  details,
  EMPTY,
  phaseOf,
  type State,
} from "./state.ts";

const buttons = (...names: string[]): Connection["buttonStates"] =>
  Object.fromEntries(
    Object.keys(allowed(null)).map((name) => [name, names.includes(name)]),
  ) as unknown as Connection["buttonStates"];

/** A leg's event, as the server publishes it. */
function leg(
  type: "agent" | "inbound",
  event: string,
  status: Connection["status"],
  can: string[] = [],
  { contactId = "c1", variables = {}, at = "2026-01-01T00:00:01.000Z", id = "" } = {},
): ServerEvent {
  return {
    channel: "Amazon",
    topic: "InboundCall",
    subtopic: "InboundCallStateChange",
    message: {
      call: {
        ResponseActual: {
          connectionId: id || `${contactId}-${type}`,
          contactId,
          phoneNumber: type === "inbound" ? "+12025551001" : null,
          status,
          statusTimestamp: at,
          type,
          buttonStates: buttons(...can),
        },
        CallVariables: { ANI: "+12025551001", DNIS: "+18005550100", ...variables },
        ResponseFields: {
          MediaProperties: { callType: type, queueName: "Sales", queueTimestamp: at },
        },
        event,
      },
      source: "event",
    },
  } as unknown as ServerEvent;
}

const transfer = (state: Transfer["state"], more: Partial<Transfer> = {}): ServerEvent =>
  ({
    channel: "Amazon",
    topic: "InboundCall",
    subtopic: "TransferStateChange",
    message: {
      transferId: "t1",
      contactId: "c1",
      state,
      custody: "server",
      at: "2026-01-01T00:00:05.000Z",
      ...more,
    },
  }) as unknown as ServerEvent;

const after = (...events: ServerEvent[]): State => events.reduce(apply, EMPTY);
const offered = [
  leg("agent", "connecting", "connecting", ["answer", "reject"]),
  leg("inbound", "connecting", "connecting"),
];
const talking = [
  ...offered,
  leg("agent", "connected", "connected", ["numberpad", "transfer", "blindTransfer"]),
  leg("inbound", "connected", "connected", ["disconnect", "hold", "transfer", "blindTransfer"]),
];

describe("the state", () => {
  it("shows a call that is offered, with what the server allows", () => {
    const { call } = after(...offered);
    expect(call && phaseOf(call, "")).toBe("offered");
    expect(allowed(call)).toMatchObject({ answer: true, reject: true, hold: false });
    expect(call && customerOf(call)).toBe("+12025551001");
    expect(call?.queueName).toBe("Sales");
  });

  it("allows what any leg allows", () => {
    const { call } = after(...talking);
    expect(call && phaseOf(call, "")).toBe("talking");
    expect(allowed(call)).toMatchObject({ disconnect: true, hold: true, numberpad: true });
  });

  it("goes through hold and after-call work to nothing", () => {
    const held = after(...talking, leg("inbound", "hold", "hold", ["resume", "disconnect"]));
    expect(held.call && phaseOf(held.call, "")).toBe("held");
    const work = [
      ...talking,
      leg("agent", "ACW", "disconnected", ["clearContact"]),
      leg("inbound", "ACW", "disconnected"),
    ];
    const acw = after(...work);
    expect(acw.call && phaseOf(acw.call, "")).toBe("afterCall");
    const done = after(
      ...work,
      leg("agent", "Dropped", "disconnected"),
      leg("inbound", "Dropped", "disconnected"),
    );
    expect(done.call).toBeNull();
  });

  it("tells a missed call from one that is over", () => {
    const { call } = after(
      offered[0] as ServerEvent,
      leg("agent", "missed", "disconnected", ["clearContact"]),
    );
    expect(call && phaseOf(call, "")).toBe("missed");
    // After a refresh no event tells: the agent's state does.
    const [mine] = Object.values(call?.legs ?? {}).filter(({ type }) => type === "agent");
    if (!call || !mine) throw new Error("no leg");
    const legs = { [mine.connectionId]: { ...mine, event: null } };
    expect(phaseOf({ ...call, legs }, "MissedCallAgent")).toBe("missed");
    expect(phaseOf({ ...call, legs }, "FailedConnectAgent")).toBe("missed");
    expect(phaseOf({ ...call, legs }, "AfterCallWork")).toBe("afterCall");
  });

  it("is not moved by a late word about a call before", () => {
    const late = leg("inbound", "Dropped", "disconnected", [], { contactId: "c0" });
    expect(after(...talking, late).call?.contactId).toBe("c1");
  });

  it("keeps apart what stands elsewhere on the card", () => {
    const { call } = after(
      leg("agent", "connecting", "connecting", ["answer"], {
        variables: { TransferredBy: "agent2", TransferNote: "x", account: "4711" },
      }),
    );
    expect(call && details(call)).toEqual([["account", "4711"]]);
  });

  it("takes the place of everything by a sync", () => {
    const sync = (calls: object[]): ServerEvent =>
      ({
        channel: "Amazon",
        topic: "InboundCall",
        subtopic: "StateSync",
        message: {
          attributes: [{ name: "ANI", value: "+1" }],
          queueName: "Sales",
          queueTimestamp: null,
          calls,
        },
      }) as unknown as ServerEvent;
    const calls = [
      {
        connectionId: "x",
        contactId: "c2",
        phoneNumber: null,
        status: "connected",
        statusTimestamp: "2026-01-01T00:00:01.000Z",
        type: "agent",
        buttonStates: buttons("hold"),
      },
    ];
    const state = after(...talking, transfer("alerting"), sync(calls));
    expect(state.call?.contactId).toBe("c2");
    expect(state.transfer).toBeNull();
    expect(after(...talking, sync([])).call).toBeNull();
  });

  it("follows a transfer, and keeps since when it rings", () => {
    const first = after(...talking, transfer("alerting"));
    const again = apply(first, transfer("alerting", { at: "2026-01-01T00:00:09.000Z" }));
    expect(again.transfer?.since).toBe("2026-01-01T00:00:05.000Z");
    expect(canTakeBack(again)).toBe(true);
    expect(canTakeBack(apply(again, transfer("connected")))).toBe(false);
    const error = {
      channel: "Amazon",
      topic: "Error",
      subtopic: "ApiError",
      data: { errorType: "BLIND_TRANSFER_FAILED", msg: "Busy", transferId: "t1" },
    } as unknown as ServerEvent;
    expect(apply(apply(again, error), transfer("failed")).transfer?.error?.msg).toBe("Busy");
  });

  it("can always be called off before the release, and after it where the back end can", () => {
    const app = {
      channel: "Amazon",
      topic: "App",
      subtopic: "StateSync",
      message: { initState: "", capabilities: { takeBackAfterRelease: false } },
    } as unknown as ServerEvent;
    const here = after(app, ...talking, transfer("alerting", { custody: "agent" }));
    expect(canTakeBack(here)).toBe(true);
    expect(canTakeBack(apply(here, transfer("alerting", { custody: "server" })))).toBe(false);
  });

  it("takes up a transfer from the records, but never over what events told", () => {
    const record = {
      transferId: "t1",
      contactId: "c1",
      state: "queued",
      at: "x",
    } as TransferRecord;
    expect(applyRecord(after(...talking), record).transfer?.state).toBe("queued");
    expect(applyRecord(after(...talking, transfer("connected")), record).transfer?.state).toBe(
      "connected",
    );
    expect(applyRecord(after(...talking), { ...record, contactId: "c9" }).transfer).toBeNull();

    // Events that nobody kept: what was shown before is past, unless something has been told since.
    const stale = after(...talking, transfer("alerting"));
    const ended = { ...record, state: "connected" } as TransferRecord;
    expect(applyRecord(stale, ended, stale.transfer).transfer?.state).toBe("connected");
    const told = after(...talking, transfer("alerting"), transfer("failed"));
    expect(applyRecord(told, ended, stale.transfer).transfer?.state).toBe("failed");
    const same = { ...record, state: "alerting" } as TransferRecord;
    expect(applyRecord(stale, same, stale.transfer)).toBe(stale);
  });
});

describe("a customer who comes back", () => {
  const afterWork = [
    ...talking,
    leg("agent", "ACW", "disconnected", ["clearContact"], { at: "2026-01-01T00:01:00.000Z" }),
    leg("inbound", "ACW", "disconnected", [], { at: "2026-01-01T00:01:00.000Z" }),
  ];
  const rung = [
    leg("agent", "connecting", "connecting", ["answer", "reject"], {
      id: "again",
      at: "2026-01-01T00:02:00.000Z",
    }),
    leg("inbound", "connecting", "connecting", [], { at: "2026-01-01T00:02:00.000Z" }),
  ];
  const back = [
    ...afterWork,
    ...rung,
    leg("agent", "connected", "connected", ["numberpad"], {
      id: "again",
      at: "2026-01-01T00:02:05.000Z",
    }),
    leg("inbound", "connected", "connected", ["disconnect", "hold"], {
      at: "2026-01-01T00:02:05.000Z",
    }),
  ];

  it("is talked to by the new leg, and nothing of the old one is left", () => {
    const { call } = after(...back);
    expect(call && phaseOf(call, "")).toBe("talking");
    expect(call && agentLeg(call)?.connectionId).toBe("again");
    expect(Object.keys(call?.legs ?? {})).toEqual(["c1-inbound", "again"]);
    expect(allowed(call)).toMatchObject({ disconnect: true, clearContact: false });
  });

  it("comes without what became of him before", () => {
    const [ring] = rung as [ServerEvent];
    const gone = after(...afterWork, transfer("connected"));
    expect(apply(gone, ring).transfer).toBeNull();
    const coming = after(...afterWork, transfer("returning"), ring);
    expect(coming.transfer?.state).toBe("returning");
  });

  it("is wound up by the new leg alone", () => {
    const ended = [
      ...back,
      leg("agent", "ACW", "disconnected", ["clearContact"], { id: "again" }),
      leg("inbound", "ACW", "disconnected"),
    ];
    const { call } = after(...ended);
    expect(call && phaseOf(call, "")).toBe("afterCall");
    const finished = after(
      ...ended,
      leg("agent", "Dropped", "disconnected", [], { id: "again" }),
      leg("inbound", "Dropped", "disconnected"),
    );
    expect(finished.call).toBeNull();
  });

  it("leaves the after-call work as it was when he is not answered", () => {
    const { call } = after(
      ...afterWork,
      ...rung,
      leg("agent", "missed", "disconnected", [], { id: "again", at: "2026-01-01T00:02:20.000Z" }),
      // The old legs again, with the times that they had.
      ...afterWork.slice(-2),
    );
    expect(call && phaseOf(call, "")).toBe("afterCall");
    expect(allowed(call).clearContact).toBe(true);
  });
});
