import { describe, expect, it } from "vitest";
import { configurationOf, snapshotOf } from "./snapshot.ts";
import type { Connection, Contact, Snapshot } from "./streams.ts";
import type { BatonEvent } from "./state.ts";
import {
  ACW,
  after,
  AGENT_LEG,
  agentEvent,
  AT,
  AVAILABLE,
  CHOICES,
  CLEARED,
  CONNECTED,
  CONTACT,
  CUSTOMER_LEG,
  HELD,
  INFO,
  INSTANCE,
  legEvent,
  OFFER,
  TRANSFER,
  transferEvent,
} from "./testing.ts";

const NOW = new Date("2020-04-09T08:37:22.801Z");

function shown(...events: (BatonEvent | readonly BatonEvent[])[]): Snapshot {
  return snapshotOf(after(...events), CHOICES, NOW);
}

function contactOf(...events: (BatonEvent | readonly BatonEvent[])[]): Contact {
  const [contact] = shown(...events).contacts;
  if (!contact) throw new Error("there is no contact");
  return contact;
}

/** "agent connected, inbound hold": what a desktop shows. */
function legs(contact: Contact): string {
  return contact.connections
    .map(({ type, initial, state }) => `${initial ? "*" : ""}${type} ${state.type}`)
    .join(", ");
}

describe("the agent", () => {
  it("is in the state of the directory, by the ARN that getAgentStates() has", () => {
    const { state, contacts } = shown(AVAILABLE);
    expect(state).toEqual({
      agentStateARN: `${INSTANCE}/agent-state/Available`,
      name: "Available",
      type: "routable",
      startTimestamp: new Date(AT),
    });
    expect(configurationOf(INFO, CHOICES).agentStates[0]?.agentStateARN).toBe(state.agentStateARN);
    expect(contacts).toEqual([]);
  });

  it.each([
    ["PendingBusy", "system", OFFER],
    ["Busy", "system", [...OFFER, ...CONNECTED]],
    ["AfterCallWork", "system", [...CONNECTED, ...ACW]],
    [
      "MissedCallAgent",
      "error",
      [legEvent("agent", "missed"), legEvent("customer", "missed"), agentEvent("MissedCallAgent")],
    ],
    [
      "FailedConnectAgent",
      "error",
      [
        legEvent("agent", "Rejected"),
        legEvent("customer", "Rejected"),
        agentEvent("FailedConnectAgent"),
      ],
    ],
    ["Available", "routable", [...CONNECTED, ...ACW, ...CLEARED]],
  ])("is %s (%s)", (name, type, events) => {
    expect(shown(AVAILABLE, events).state).toMatchObject({ name, type });
  });

  it("calls the customer while his own call is set up", () => {
    const dialling = [
      legEvent("agent", "connecting", { outbound: true }),
      legEvent("customer", "connecting", { outbound: true, buttons: ["disconnect"] }),
      agentEvent("Busy"),
    ];
    expect(shown(AVAILABLE, dialling).state.name).toBe("CallingCustomer");
    expect(legs(contactOf(AVAILABLE, dialling))).toBe("agent connecting, *outbound connecting");
    expect(contactOf(AVAILABLE, dialling)).toMatchObject({
      initiationMethod: "outbound",
      queue: { name: "InboundTest" },
      queueTimestamp: null,
    });
  });

  it("is offline once signed out", () => {
    expect(shown().state).toMatchObject({ name: "Offline", type: "offline" });
  });

  it("has a next state", () => {
    const state = { ...after(AVAILABLE, CONNECTED), nextState: CHOICES.states[1] };
    expect(snapshotOf(state, CHOICES, NOW).nextState).toMatchObject({
      name: "Break",
      type: "not_routable",
    });
  });
});

describe("a contact", () => {
  it("is connecting while it is offered, and the customer is there", () => {
    const contact = contactOf(AVAILABLE, OFFER);
    expect(contact).toMatchObject({
      contactId: CONTACT,
      type: "voice",
      state: { type: "connecting" },
      initiationMethod: "inbound",
      contactDuration: "10",
    });
    expect(contact.queue).toEqual({
      name: "InboundTest",
      queueARN: `${INSTANCE}/queue/1`,
      queueId: `${INSTANCE}/queue/1`,
    });
    expect(contact.attributes).toEqual({
      ANI: { name: "ANI", value: "+12025550181" },
      DNIS: { name: "DNIS", value: "+18005550100" },
    });
    expect(legs(contact)).toBe("agent connecting, *inbound connected");
    expect(contact.connections.map(({ connectionId }) => connectionId)).toEqual([
      AGENT_LEG,
      CUSTOMER_LEG,
    ]);
  });

  it.each([
    ["connected", "agent connected, *inbound connected", CONNECTED],
    ["connected", "agent connected, *inbound hold", [...CONNECTED, ...HELD]],
    ["ended", "agent disconnected, *inbound disconnected", [...CONNECTED, ...ACW]],
    [
      "missed",
      "agent disconnected, *inbound disconnected",
      [legEvent("agent", "missed"), legEvent("customer", "missed"), agentEvent("MissedCallAgent")],
    ],
    [
      "rejected",
      "agent disconnected, *inbound disconnected",
      [
        legEvent("agent", "Rejected"),
        legEvent("customer", "Rejected"),
        agentEvent("FailedConnectAgent"),
      ],
    ],
  ])("is %s with %s", (state, wanted, events) => {
    const contact = contactOf(AVAILABLE, events);
    expect(contact.state.type).toBe(state);
    expect(legs(contact)).toBe(wanted);
  });

  it("tells which leg is muted", () => {
    const { connections } = contactOf(AVAILABLE, CONNECTED, agentEvent("Busy", "system", true));
    expect(connections.map(({ mute }) => mute)).toEqual([true, false]);
  });

  it("has only dates for times, on which the library calls getTime()", () => {
    const contact = contactOf(AVAILABLE, CONNECTED);
    for (const time of [
      contact.state.timestamp,
      contact.queueTimestamp,
      ...contact.connections.map((each) => each.state.timestamp),
    ]) {
      expect(time).toEqual(new Date(AT));
    }
  });
});

describe("a transfer", () => {
  function third(...events: (BatonEvent | readonly BatonEvent[])[]): Connection | undefined {
    return contactOf(AVAILABLE, CONNECTED, HELD, ...events).connections[2];
  }

  it.each(["accepted", "dialing", "alerting"])(
    "shows the third party connecting while it is %s",
    (state) => {
      expect(legs(contactOf(AVAILABLE, CONNECTED, HELD, transferEvent(state)))).toBe(
        "agent connected, *inbound hold, outbound connecting",
      );
    },
  );

  it("names the destination, since the library asks a leg for it", () => {
    expect(third(transferEvent("dialing"))).toMatchObject({
      connectionId: TRANSFER,
      endpoint: {
        type: "phone_number",
        phoneNumber: "+16579994374",
        endpointARN: `${INSTANCE}/transfer-destination/2`,
        endpointId: `${INSTANCE}/transfer-destination/2`,
        name: "Sasi_Chime",
      },
      quickConnectName: "Sasi_Chime",
    });
    const dialled = {
      endpointARN: null,
      type: "dial_pad",
      name: "+12082097345",
      phoneNumber: "+12082097345",
      agentLogin: null,
      queue: null,
    } as const;
    expect(third(transferEvent("dialing", "agent", { destination: dialled }))).toMatchObject({
      endpoint: { type: "phone_number" },
      quickConnectName: null,
    });
  });

  it("leaves the third party disconnected and the customer on hold when it fails", () => {
    expect(
      legs(
        contactOf(AVAILABLE, CONNECTED, HELD, transferEvent("dialing"), transferEvent("failed")),
      ),
    ).toBe("agent connected, *inbound hold, outbound disconnected");
  });

  it("ends the contact by the release, for all legs", () => {
    const released = contactOf(
      AVAILABLE,
      CONNECTED,
      HELD,
      transferEvent("alerting"),
      ACW,
      transferEvent("alerting", "server"),
      transferEvent("connected", "destination"),
    );
    expect(released.state.type).toBe("ended");
    expect(legs(released)).toBe("agent disconnected, *inbound disconnected, outbound disconnected");
  });

  it("is over when the customer is back", () => {
    const back = [
      legEvent("agent", "connected", { id: "new" }),
      legEvent("customer", "connected"),
      agentEvent("Busy"),
    ];
    expect(
      legs(
        contactOf(
          AVAILABLE,
          CONNECTED,
          transferEvent("alerting"),
          ACW,
          transferEvent("returned"),
          back,
        ),
      ),
    ).toBe("agent connected, *inbound connected");
  });
});

describe("the configuration", () => {
  it("is a desk phone agent of the instance", () => {
    const configuration = configurationOf(INFO, CHOICES);
    expect(configuration).toMatchObject({
      agentARN: `${INSTANCE}/agent/${INFO.id}`,
      name: "Agent One",
      username: "agent1",
      extension: "1001",
      softphoneEnabled: false,
    });
    expect(configuration.routingProfile.routingProfileId).toMatch(/instance\/([0-9a-fA-F|-]+)\//);
    expect(configuration.routingProfile.queues.map(({ queueARN }) => queueARN)).toEqual([
      `${INSTANCE}/queue/1`,
      `${INSTANCE}/queue/agent/${INFO.id}`,
    ]);
  });

  it("keeps to the form that the library asserts where the directory has no ARNs", () => {
    const bare = {
      ...INFO,
      routingProfile: { name: "", routingProfileARN: "", defaultOutboundQueue: null },
    };
    const { routingProfile } = configurationOf(bare, { states: [], queues: [] });
    expect(routingProfile.routingProfileId).toMatch(/:([0-9]+):instance\/[0-9a-f-]+\//);
    expect(routingProfile.defaultOutboundQueue).toEqual({
      name: null,
      queueARN: null,
      queueId: null,
    });
  });
});
