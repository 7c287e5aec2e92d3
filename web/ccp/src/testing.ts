/** Events of Baton for the tests, in the order in which it sends them. */

import type { AgentInfo, BatonEvent, Call, Leg, State, Transfer } from "./state.ts";
import { EMPTY, reduce } from "./state.ts";

export const CONTACT = "d675473e-7dbc-4a9b-ad92-b78f26e70b3b";
export const AGENT_LEG = "4bbfa29b-d5a8-4876-9276-09872a748397";
export const CUSTOMER_LEG = "0d3f3b54-5a55-4d53-9d2c-6b0c6f1f8d31";
export const TRANSFER = "7c1e1f0e-4f7a-4f43-9b57-6d4f1c9d2a10";
export const INSTANCE =
  "arn:aws:connect:us-east-1:975419294579:instance/a4c52a8c-158f-4d7f-ab32-94d7e9b95974";
export const AT = "2020-04-09T08:37:12.701Z";

export const INFO: AgentInfo = {
  name: "Agent One",
  id: "c35f443d-702c-5f18-af90-b3bf8cd7fa08",
  extension: "1001",
  loginName: "agent1",
  muted: false,
  routingProfile: {
    name: "CallSummary",
    routingProfileARN: `${INSTANCE}/routing-profile/890cf10c-47be-592c-9177-0256dca6474e`,
    defaultOutboundQueue: { name: "InboundTest", queueARN: `${INSTANCE}/queue/1` },
  },
};

export const CHOICES = {
  states: [
    { label: "Available", code: "Available", type: "routable" },
    { label: "Break", code: "Break", type: "not_routable" },
    { label: "Offline", code: "Offline", type: "offline" },
  ],
  queues: [{ arn: `${INSTANCE}/queue/1`, name: "InboundTest" }],
} as const;

type Told = "connecting" | "connected" | "hold" | "missed" | "Rejected" | "ACW" | "Dropped";

interface LegChange {
  buttons?: string[];
  id?: string;
  outbound?: boolean;
}

export function legEvent(
  leg: "agent" | "customer",
  event: Told,
  change: LegChange = {},
): BatonEvent {
  const over = ["missed", "Rejected", "ACW", "Dropped"].includes(event);
  const own = leg === "agent";
  const told: Leg = {
    connectionId: change.id ?? (own ? AGENT_LEG : CUSTOMER_LEG),
    contactId: CONTACT,
    phoneNumber: own ? null : "+12025550181",
    status: over ? "disconnected" : (event as Leg["status"]),
    statusTimestamp: AT,
    type: own ? "agent" : change.outbound ? "outbound" : "inbound",
    buttonStates: Object.fromEntries((change.buttons ?? []).map((name) => [name, true])),
  };
  return {
    topic: "InboundCall",
    subtopic: "InboundCallStateChange",
    message: {
      call: {
        event,
        ResponseActual: told,
        CallVariables: { ANI: "+12025550181", DNIS: "+18005550100" },
        ResponseFields: {
          MediaProperties: {
            queueName: change.outbound ? "" : "InboundTest",
            queueTimestamp: change.outbound ? null : AT,
          },
        },
      },
    },
  };
}

export function agentEvent(
  name: string,
  type: "routable" | "not_routable" | "offline" | "system" = "system",
  muted = false,
): BatonEvent {
  return {
    topic: "Agent",
    subtopic: "SetAgentState",
    message: {
      data: { ...INFO, muted },
      rules: { ResponseActual: { name, type, startTimestamp: AT } },
    },
  };
}

export function transferEvent(
  state: string,
  custody = "agent",
  more: Partial<Transfer> = {},
): BatonEvent {
  const message: Transfer = {
    transferId: TRANSFER,
    contactId: CONTACT,
    state,
    custody,
    at: AT,
    destination: {
      endpointARN: `${INSTANCE}/transfer-destination/2`,
      type: "phone_number",
      name: "Sasi_Chime",
      phoneNumber: "+16579994374",
      agentLogin: null,
      queue: null,
    },
    ...more,
  };
  return { topic: "InboundCall", subtopic: "TransferStateChange", message };
}

export const AVAILABLE = [agentEvent("Available", "routable")];
export const OFFER = [
  legEvent("agent", "connecting", { buttons: ["answer", "reject"] }),
  legEvent("customer", "connecting"),
  agentEvent("PendingBusy"),
];
export const CONNECTED = [
  legEvent("agent", "connected", { buttons: ["blindTransfer"] }),
  legEvent("customer", "connected", { buttons: ["disconnect", "hold"] }),
  agentEvent("Busy"),
];
export const HELD = [
  legEvent("agent", "hold"),
  legEvent("customer", "hold", { buttons: ["resume"] }),
];
export const ACW = [
  legEvent("agent", "ACW", { buttons: ["clearContact"] }),
  legEvent("customer", "ACW"),
  agentEvent("AfterCallWork"),
];
export const CLEARED = [
  legEvent("agent", "Dropped"),
  legEvent("customer", "Dropped"),
  agentEvent("Available", "routable"),
];

/** The state after those events. */
export function after(...events: readonly (BatonEvent | readonly BatonEvent[])[]): State {
  return events.flat().reduce(reduce, EMPTY);
}

export function callAfter(...events: readonly (BatonEvent | readonly BatonEvent[])[]): Call {
  const { call } = after(...events);
  if (!call) throw new Error("there is no call");
  return call;
}
