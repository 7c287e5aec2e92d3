/** The library's snapshot and configuration out of Baton's state. Pure. */

import type {
  AgentState,
  AgentStateType,
  Configuration,
  Connection,
  ConnectionStateType,
  ConnectionType,
  Contact,
  ContactStateType,
  Endpoint,
  Queue,
  Snapshot,
} from "./streams.ts";
import {
  isBeforeRelease,
  isOffered,
  type AgentInfo,
  type Call,
  type Destination,
  type Leg,
  type State,
  type StateChoice,
  type Transfer,
} from "./state.ts";

/** What stands in ARNs where the directory has none: the library asserts their form. */
const NO_INSTANCE =
  "arn:aws:connect:us-east-1:000000000000:instance/00000000-0000-0000-0000-000000000000";

/** What the library calls the agent's states by type "error" (connect.AgentErrorStates), Baton calls "system". */
const ERROR_STATES = new Set(["MissedCallAgent", "FailedConnectAgent"]);

/** "arn:aws:connect:REGION:ACCOUNT:instance/ID" of the agent's routing profile. */
export function instanceArn(info: AgentInfo | null): string {
  return (
    /^arn:[^:]+:connect:[^:]*:\d+:instance\/[0-9a-fA-F-]+/.exec(
      info?.routingProfile.routingProfileARN ?? "",
    )?.[0] ?? NO_INSTANCE
  );
}

/** A state of the directory as the library knows it. The ARN is made of the code, since Baton's states have none. */
export function agentStateOf(
  choice: StateChoice,
  info: AgentInfo | null,
  since: Date | null = null,
): AgentState {
  return {
    agentStateARN: `${instanceArn(info)}/agent-state/${encodeURIComponent(choice.code)}`,
    name: choice.label,
    type: choice.type,
    startTimestamp: since,
  };
}

/** A queue that the agent serves, as GET /v1/queues tells it. */
export interface ServedQueue {
  arn: string;
  name: string;
}

/** What an agent can choose from: it belongs to the directory, and events do not tell it. */
export interface Choices {
  /** Agent / GetStates. */
  states: readonly StateChoice[];
  queues: readonly ServedQueue[];
}

/** The snapshot at `now`. Throws nothing: of a state that does not fit together it shows what it can. */
export function snapshotOf(state: State, choices: Choices, now: Date): Snapshot {
  const agentState = currentState(state, choices, now);
  return {
    state: agentState,
    status: agentState,
    nextState: state.nextState ? agentStateOf(state.nextState, state.agent?.info ?? null) : null,
    agentAvailabilityState: { state: agentState.name, timeStamp: agentState.startTimestamp ?? now },
    contacts: state.call ? contactsOf(state.call, state, choices, now) : [],
    snapshotTimestamp: now,
    localTimestamp: now.getTime(),
    skew: 0,
  };
}

function currentState(state: State, choices: Choices, now: Date): AgentState {
  if (!state.agent)
    return { agentStateARN: null, name: "Offline", type: "offline", startTimestamp: now };
  const { info, state: told } = state.agent;
  const since = new Date(told.startTimestamp);
  if (told.type !== "system") {
    const choice = choices.states.find(({ label }) => label === told.name);
    return choice
      ? agentStateOf(choice, info, since)
      : { agentStateARN: null, name: told.name, type: told.type, startTimestamp: since };
  }
  const type: AgentStateType = ERROR_STATES.has(told.name) ? "error" : "system";
  // Baton's "Busy" covers the set-up of a call that the agent makes, which has a name of its own in the library.
  const calling = told.name === "Busy" && state.call?.agentLeg?.status === "connecting";
  return {
    agentStateARN: null,
    name: calling ? "CallingCustomer" : told.name,
    type,
    startTimestamp: since,
  };
}

function contactsOf(call: Call, state: State, choices: Choices, now: Date): Contact[] {
  const { agentLeg, customerLeg } = call;
  if (!agentLeg || !customerLeg) return [];
  const transfer = state.transfer?.contactId === call.contactId ? state.transfer : null;
  const connections = [
    ownConnection(agentLeg, state.agent?.info.muted ?? false),
    customersConnection(customerLeg, isOffered(call)),
  ];
  if (transfer) connections.push(...thirdParty(transfer, agentLeg));
  const contactState = {
    type: contactStateOf(agentLeg, state),
    timestamp: new Date(agentLeg.statusTimestamp),
  };
  const began = call.queueTimestamp === null ? null : new Date(call.queueTimestamp);
  return [
    {
      contactId: call.contactId,
      initialContactId: call.contactId,
      type: "voice",
      state: contactState,
      status: contactState,
      queue: queueOf(call, state, choices),
      queueTimestamp: began,
      attributes: Object.fromEntries(
        Object.entries(call.attributes).map(([name, value]) => [name, { name, value }]),
      ),
      contactDuration: String(
        Math.max(0, Math.floor((now.getTime() - contactState.timestamp.getTime()) / 1000)),
      ),
      contactFeatures: { multiPartyConferenceEnabled: false },
      name: null,
      description: null,
      references: null,
      initiationMethod: customerLeg.type === "outbound" ? "outbound" : "inbound",
      channelContext: null,
      connections,
    },
  ];
}

function contactStateOf(agentLeg: Leg, state: State): ContactStateType {
  switch (agentLeg.status) {
    case "connecting":
      return "connecting";
    case "connected":
    case "hold":
      return "connected";
    case "disconnected":
      break;
  }
  switch (state.agent?.state.name) {
    case "MissedCallAgent":
      return "missed";
    case "FailedConnectAgent":
      return "rejected";
    default:
      return "ended";
  }
}

function ownConnection(leg: Leg, mute: boolean): Connection {
  // Hold is a matter of the customer's leg: whoever holds him stays connected.
  const type: ConnectionStateType = leg.status === "hold" ? "connected" : leg.status;
  return connection(
    leg.connectionId,
    "agent",
    false,
    type,
    leg.statusTimestamp,
    endpoint({ type: "agent" }),
    mute,
  );
}

function customersConnection(leg: Leg, offered: boolean): Connection {
  // He who waits to be taken is connected to us, and the library's own snapshots say so.
  const type: ConnectionStateType = offered ? "connected" : leg.status;
  const kind: ConnectionType = leg.type === "outbound" ? "outbound" : "inbound";
  const where = endpoint({ type: "phone_number", phoneNumber: leg.phoneNumber });
  return connection(leg.connectionId, kind, true, type, leg.statusTimestamp, where, false);
}

/**
 * The destination of a transfer as the library's third party. Its id is the transfer's: the leg is Baton's business, and
 * the transfer is what the agent can take back. Once he has left, Baton has the customer, and all legs are over for him.
 */
function thirdParty(transfer: Transfer, agentLeg: Leg): Connection[] {
  // The customer is with this agent again, and nobody else.
  if (transfer.state === "returned") return [];
  const type: ConnectionStateType =
    isBeforeRelease(transfer) && agentLeg.status !== "disconnected" ? "connecting" : "disconnected";
  const made = connection(
    transfer.transferId,
    "outbound",
    false,
    type,
    transfer.at,
    destinationEndpoint(transfer.destination),
    false,
  );
  const named = transfer.destination.type !== "dial_pad";
  return [{ ...made, quickConnectName: named ? transfer.destination.name : null }];
}

function connection(
  connectionId: string,
  type: ConnectionType,
  initial: boolean,
  stateType: ConnectionStateType,
  since: string,
  where: Endpoint,
  mute: boolean,
): Connection {
  return {
    connectionId,
    endpoint: where,
    address: where,
    state: { type: stateType, timestamp: new Date(since) },
    type,
    initial,
    softphoneMediaInfo: null,
    chatMediaInfo: null,
    monitoringInfo: null,
    mute,
    forcedMute: false,
    quickConnectName: null,
  };
}

function endpoint(known: Pick<Endpoint, "type"> & Partial<Endpoint>): Endpoint {
  return {
    endpointARN: null,
    endpointId: null,
    name: null,
    phoneNumber: null,
    agentLogin: null,
    queue: null,
    ...known,
  };
}

function destinationEndpoint(destination: Destination): Endpoint {
  const { endpointARN, name, phoneNumber, agentLogin } = destination;
  const type = destination.type === "dial_pad" ? "phone_number" : destination.type;
  return endpoint({ type, endpointARN, endpointId: endpointARN, name, phoneNumber, agentLogin });
}

function queueOf(call: Call, state: State, choices: Choices): Queue {
  if (call.queueName === null) {
    // A call that the agent made was in no queue. The library sees it under the outbound one, as Amazon's are.
    const outbound = state.agent?.info.routingProfile.defaultOutboundQueue;
    return queue(outbound?.name ?? null, outbound?.queueARN ?? null);
  }
  // A call may come from a queue that he does not serve: another agent's transfer.
  return queue(
    call.queueName,
    choices.queues.find(({ name }) => name === call.queueName)?.arn ?? null,
  );
}

function queue(name: string | null, queueARN: string | null): Queue {
  return { name, queueARN, queueId: queueARN };
}

/**
 * The configuration of the agent. He is a desk phone's agent, since his phone is his own and no matter of the browser;
 * then the library neither asks for the microphone nor starts a softphone.
 */
export function configurationOf(info: AgentInfo, choices: Choices): Configuration {
  const instance = instanceArn(info);
  const { routingProfile } = info;
  const outbound = routingProfile.defaultOutboundQueue;
  // The library finds the agent's resource id in the ARN of his own queue.
  const own = `${instance}/queue/agent/${info.id}`;
  const arn = routingProfile.routingProfileARN || `${instance}/routing-profile/none`;
  return {
    agentARN: `${instance}/agent/${info.id}`,
    name: info.name,
    username: info.loginName,
    extension: info.extension,
    softphoneEnabled: false,
    softphoneAutoAccept: false,
    permissions: ["outboundCall"],
    dialableCountries: [],
    agentStates: choices.states.map((choice) => agentStateOf(choice, info)),
    agentPreferences: {},
    routingProfile: {
      name: routingProfile.name,
      routingProfileARN: arn,
      routingProfileId: arn,
      defaultOutboundQueue: queue(outbound?.name ?? null, outbound?.queueARN ?? null),
      queues: [...choices.queues.map((each) => queue(each.name, each.arn)), queue(null, own)],
      channelConcurrencyMap: { VOICE: 1 },
    },
  };
}
