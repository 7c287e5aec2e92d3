import { describe, expect, it } from "vitest";
import { EMPTY, isSettled, reduce } from "./state.ts";
import {
  ACW,
  after,
  AGENT_LEG,
  agentEvent,
  AT,
  AVAILABLE,
  CLEARED,
  CONNECTED,
  CONTACT,
  CUSTOMER_LEG,
  HELD,
  INFO,
  legEvent,
  OFFER,
  transferEvent,
} from "./testing.ts";

describe("reduce", () => {
  it("leaves what it does not know as it is", () => {
    expect(reduce(EMPTY, { topic: "App", subtopic: "StateSync", message: {} })).toBe(EMPTY);
  });

  it("takes the call of a state sync, and forgets it by one without", () => {
    const call = after(AVAILABLE, OFFER).call;
    const sync = {
      attributes: [{ name: "ANI", value: "+12025550181" }],
      queueName: "InboundTest",
      queueTimestamp: AT,
      calls: [call?.agentLeg, call?.customerLeg],
    };
    const found = after(AVAILABLE, { topic: "InboundCall", subtopic: "StateSync", message: sync });
    expect(found.call).toEqual({ ...call, attributes: { ANI: "+12025550181" } });
    const none = { attributes: [], queueName: null, queueTimestamp: null, calls: [] };
    expect(
      reduce(found, { topic: "InboundCall", subtopic: "StateSync", message: none }).call,
    ).toBeNull();
  });

  it("gives a contact that comes back its new legs", () => {
    const back = after(
      AVAILABLE,
      CONNECTED,
      ACW,
      legEvent("agent", "connecting", { id: "new", buttons: ["answer"] }),
      legEvent("customer", "connecting"),
      agentEvent("PendingBusy"),
    );
    expect(back.call?.agentLeg?.connectionId).toBe("new");
    expect(back.call?.customerLeg?.connectionId).toBe(CUSTOMER_LEG);
  });

  it("forgets a call when both legs are dropped, and not before", () => {
    expect(after(AVAILABLE, OFFER, legEvent("agent", "Dropped")).call?.contactId).toBe(CONTACT);
    expect(after(AVAILABLE, OFFER, CLEARED).call).toBeNull();
  });

  it("keeps the transfer of the call, and none of another", () => {
    expect(after(AVAILABLE, CONNECTED, transferEvent("dialing")).transfer?.state).toBe("dialing");
    expect(
      after(AVAILABLE, CONNECTED, transferEvent("dialing", "agent", { contactId: "another" }))
        .transfer,
    ).toBeNull();
    expect(after(AVAILABLE, CONNECTED, transferEvent("dialing"), ACW, CLEARED).transfer).toBeNull();
  });

  it("keeps the next state as long as the call lasts", () => {
    const next = { label: "Break", code: "Break", type: "not_routable" } as const;
    const talking = { ...after(AVAILABLE, CONNECTED), nextState: next };
    expect(ACW.reduce(reduce, talking).nextState).toEqual(next);
    expect(
      [...ACW, agentEvent("Break", "not_routable")].reduce(reduce, talking).nextState,
    ).toBeNull();
  });

  it("knows nobody once the agent has signed out", () => {
    expect(
      after(AVAILABLE, CONNECTED, ACW, { topic: "Agent", subtopic: "LogoutSuccess", message: {} }),
    ).toEqual(EMPTY);
    const nobody = {
      topic: "Agent",
      subtopic: "StateSync",
      message: { agentInfo: null, agentState: null },
    };
    expect(after(AVAILABLE, nobody).agent).toBeNull();
    expect(
      after({
        ...nobody,
        message: {
          agentInfo: INFO,
          agentState: { name: "Break", type: "not_routable", startTimestamp: AT },
        },
      }).agent?.state.name,
    ).toBe("Break");
  });
});

describe("isSettled", () => {
  it.each([
    ["an offer", [...AVAILABLE, ...OFFER]],
    ["an answer", [...AVAILABLE, ...OFFER, ...CONNECTED]],
    ["after-call work", [...AVAILABLE, ...CONNECTED, ...ACW]],
    ["clearing", [...AVAILABLE, ...CONNECTED, ...ACW, ...CLEARED]],
    [
      "a missed call",
      [
        ...AVAILABLE,
        ...OFFER,
        legEvent("agent", "missed"),
        legEvent("customer", "missed"),
        agentEvent("MissedCallAgent"),
      ],
    ],
  ])("holds %s back until its last event", (_, events) => {
    expect(isSettled(after(events))).toBe(true);
    for (const missing of [1, 2]) expect(isSettled(after(events.slice(0, -missing)))).toBe(false);
  });

  it("takes hold as whole with both legs, since the agent stays as he is", () => {
    expect(isSettled(after(AVAILABLE, CONNECTED, HELD.slice(0, 1)))).toBe(false);
    expect(isSettled(after(AVAILABLE, CONNECTED, HELD))).toBe(true);
  });

  it("holds an offer that is withdrawn in after-call work back until that is shown again", () => {
    const offered = [
      ...AVAILABLE,
      ...CONNECTED,
      ...ACW,
      legEvent("agent", "connecting", { id: "new", buttons: ["answer"] }),
      legEvent("customer", "connecting"),
      agentEvent("PendingBusy"),
    ];
    const withdrawn = [
      legEvent("agent", "Dropped", { id: "new" }),
      legEvent("customer", "Dropped"),
      ...ACW,
    ];
    for (let seen = 1; seen < withdrawn.length; ++seen)
      expect(isSettled(after(offered, withdrawn.slice(0, seen)))).toBe(false);
    const restored = after(offered, withdrawn);
    expect(isSettled(restored)).toBe(true);
    expect(restored.call?.agentLeg?.connectionId).toBe(AGENT_LEG);
  });
});
