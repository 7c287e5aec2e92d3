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

  it("lists the attributes that the last event told: a transfer that failed takes its own away", () => {
    const told = (variables: object): ServerEvent =>
      leg("agent", "connected", "connected", ["transfer"], { variables });
    const during = after(...talking, told({ case: "5", TransferredBy: "agent1" }));
    expect(during.call && details(during.call)).toEqual([["case", "5"]]);
    const { call } = apply(during, told({}));
    expect(call?.attributes).toEqual({ ANI: "+12025551001", DNIS: "+18005550100" });
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

  it("keeps the transfer of the call where that of an earlier one goes on", () => {
    const earlier = transfer("completed", { transferId: "t0", contactId: "c0" });
    expect(after(...talking, transfer("queued"), earlier).transfer?.transferId).toBe("t1");
    expect(after(...talking, earlier).transfer).toBeNull();
    // Without a call it may be that of the customer who comes back.
    expect(after(transfer("returning")).transfer?.transferId).toBe("t1");
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
    const released = [
      ...talking,
      transfer("alerting"),
      leg("agent", "ACW", "disconnected", ["clearContact"]),
    ];
    const stale = after(...released);
    const ended = { ...record, state: "connected", custody: "destination" } as TransferRecord;
    expect(applyRecord(stale, ended, stale.transfer).transfer?.state).toBe("connected");
    const told = after(...released, transfer("failed"));
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

  it("is not gone by what the records say of how he was away", () => {
    const gone = {
      transferId: "t1",
      contactId: "c1",
      state: "completed",
      custody: "gone",
      at: "2026-01-01T00:01:30.000Z",
    } as TransferRecord;
    expect(applyRecord(after(...back), gone).transfer).toBeNull();
    expect(applyRecord(after(...afterWork, ...rung), gone).transfer).toBeNull();
    // After a long absence what was shown before is as old.
    const stale = after(...afterWork, transfer("connected"), ...back.slice(-2));
    expect(applyRecord(stale, gone, stale.transfer).transfer).toBeNull();
    // Whoever got him back by it, or has no customer any more, is shown it.
    const returned = { ...gone, state: "returned", custody: "agent" } as TransferRecord;
    expect(applyRecord(after(...back), returned).transfer?.state).toBe("returned");
    expect(applyRecord(after(...afterWork), gone).transfer?.state).toBe("completed");
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

describe("two calls, as at Amazon Connect", () => {
  const other = { contactId: "c2" };
  const rings = [
    leg("agent", "connecting", "connecting", ["answer", "reject"], other),
    leg("inbound", "connecting", "connecting", [], other),
  ];
  const dropped = [
    leg("agent", "Dropped", "disconnected", [], other),
    leg("inbound", "Dropped", "disconnected", [], other),
  ];
  const answered = [
    leg("agent", "connected", "connected", ["numberpad"], other),
    leg("inbound", "connected", "connected", ["disconnect", "hold"], other),
  ];
  const held = [
    leg("agent", "hold", "hold"),
    leg("inbound", "hold", "hold", ["resume", "disconnect"]),
  ];
  const wound = (contactId: string): ServerEvent[] => [
    leg("agent", "ACW", "disconnected", ["clearContact"], { contactId }),
    leg("inbound", "ACW", "disconnected", [], { contactId }),
  ];
  const finished = (contactId: string): ServerEvent[] => [
    leg("agent", "Dropped", "disconnected", [], { contactId }),
    leg("inbound", "Dropped", "disconnected", [], { contactId }),
  ];
  const sessionEvent = (subtopic: "LoginSuccess" | "LogoutSuccess"): ServerEvent =>
    ({ channel: "Amazon", topic: "Agent", subtopic, message: {} }) as unknown as ServerEvent;

  it("leave the one that he talks on where the other's offer goes away", () => {
    const offer = after(...talking, transfer("alerting"), ...rings);
    expect(offer.call?.contactId).toBe("c2");
    expect(offer.transfer).toBeNull();
    const gone = dropped.reduce(apply, offer);
    expect(gone.call?.contactId).toBe("c1");
    expect(gone.transfer?.state).toBe("alerting");
    expect(allowed(gone.call)).toMatchObject({ hold: true, blindTransfer: true });
    expect(gone.behind).toEqual([]);
  });

  it("keep what is told of the one behind, its transfer too", () => {
    const offer = after(...talking, transfer("alerting"), ...rings);
    const told = [...wound("c1"), transfer("handedOver"), ...dropped].reduce(apply, offer);
    expect(told.call && phaseOf(told.call, "")).toBe("afterCall");
    expect(told.transfer?.state).toBe("handedOver");
  });

  it("show what is to be answered, then whom he talks to", () => {
    expect(after(...talking, ...rings, ...held).call?.contactId).toBe("c2");
    expect(after(...talking, ...rings, ...wound("c1")).call?.contactId).toBe("c2");
    const swapped = after(...talking, ...rings, ...answered, ...held);
    expect(swapped.call?.contactId).toBe("c2");
    expect([...talking.slice(-2)].reduce(apply, swapped).call?.contactId).toBe("c1");
  });

  it("leave the one that he talks on where the other's offer is missed or rejected", () => {
    for (const event of ["missed", "Rejected"]) {
      const state = after(
        ...talking,
        transfer("alerting"),
        ...rings,
        leg("agent", event, "disconnected", ["clearContact"], other),
        leg("inbound", event, "disconnected", [], other),
      );
      expect(state.call?.contactId).toBe("c1");
      expect(state.transfer?.state).toBe("alerting");
      // What is still to be finished comes when the call is over.
      const over = [...wound("c1"), ...finished("c1")].reduce(apply, state);
      expect(over.call && phaseOf(over.call, "")).toBe("missed");
      expect(over.behind).toEqual([]);
    }
  });

  it("show the customer on hold where the other one is only to be finished", () => {
    const state = after(...talking, ...rings, ...answered, ...held, ...wound("c2"));
    expect(state.call?.contactId).toBe("c1");
    expect(allowed(state.call).resume).toBe(true);
    expect(state.behind.map(({ call }) => call.contactId)).toEqual(["c2"]);
  });

  it("are both finished, one after the other", () => {
    const both = [...talking, ...rings, ...answered, ...held, ...wound("c1"), ...wound("c2")];
    const one = after(...both, ...finished("c2"));
    expect(one.call?.contactId).toBe("c1");
    expect(allowed(one.call).clearContact).toBe(true);
    expect(finished("c1").reduce(apply, one).call).toBeNull();
    // Or by somebody else, in the other order.
    const hidden = after(...both, ...finished("c1"));
    expect(hidden.call?.contactId).toBe("c2");
    expect(finished("c2").reduce(apply, hidden).call).toBeNull();
  });

  it("are both there after a refresh", () => {
    const known = after(...talking, ...rings);
    const legs = [known.behind[0]?.call, known.call].flatMap((call) =>
      Object.values(call?.legs ?? {}),
    );
    const sync = {
      channel: "Amazon",
      topic: "InboundCall",
      subtopic: "StateSync",
      message: {
        attributes: [{ name: "ANI", value: "+1" }],
        queueName: "Sales",
        queueTimestamp: null,
        calls: legs,
      },
    } as unknown as ServerEvent;
    const fresh = after(sync);
    expect(fresh.call && phaseOf(fresh.call, "")).toBe("offered");
    expect(fresh.call && customerOf(fresh.call)).toBe("+12025551001");
    const gone = dropped.reduce(apply, fresh);
    expect(gone.call?.contactId).toBe("c1");
    expect(gone.call?.attributes).toEqual({ ANI: "+1" });
  });

  it("end with the session", () => {
    const out = sessionEvent("LogoutSuccess");
    expect(after(...talking, ...rings, out, ...dropped).call).toBeNull();
    // Of what the logout clears there is no further word: it must not come back behind the next call.
    const again = after(
      ...talking,
      ...wound("c1"),
      out,
      sessionEvent("LoginSuccess"),
      ...rings,
      ...answered,
      ...wound("c2"),
      ...finished("c2"),
    );
    expect(again.call).toBeNull();
  });
});
