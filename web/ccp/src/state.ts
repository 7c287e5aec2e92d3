/**
 * What Baton tells an agent, as one value, and how each event changes it (docs/message-api.md). Pure: no clock, no
 * network. The snapshot of the library is made of it (snapshot.ts).
 */

/** One leg of the agent's call: `ResponseActual` of a call event, an item of `calls` of InboundCall / StateSync. */
export interface Leg {
  connectionId: string;
  contactId: string;
  phoneNumber: string | null;
  status: "connecting" | "connected" | "hold" | "disconnected";
  statusTimestamp: string;
  type: "agent" | "inbound" | "outbound";
  buttonStates: Record<string, boolean>;
}

/** The one call that an agent has: offered, dialled, active, or over and not cleared yet. */
export interface Call {
  contactId: string;
  agentLeg: Leg | null;
  customerLeg: Leg | null;
  attributes: Record<string, string>;
  queueName: string | null;
  queueTimestamp: string | null;
}

export interface AgentState {
  /** "Available", "Busy", "AfterCallWork", the label of a state of the directory, ... */
  name: string;
  type: "routable" | "not_routable" | "offline" | "system";
  startTimestamp: string;
}

/** `agentInfo`, what is used of it. */
export interface AgentInfo {
  name: string;
  id: string;
  extension: string;
  loginName: string;
  muted: boolean;
  routingProfile: {
    name: string;
    routingProfileARN: string;
    defaultOutboundQueue: { name: string; queueARN: string } | null;
  };
}

/** A destination as TransferStateChange tells it. */
export interface Destination {
  endpointARN: string | null;
  type: "dial_pad" | "phone_number" | "queue" | "agent";
  name: string;
  phoneNumber: string | null;
  agentLogin: string | null;
  queue: string | null;
}

/** TransferStateChange, what is used of it. */
export interface Transfer {
  transferId: string;
  contactId: string;
  state: string;
  custody: string;
  destination: Destination;
  at: string;
}

/** An item of Agent / GetStates. */
export interface StateChoice {
  label: string;
  code: string;
  type: "routable" | "not_routable" | "offline";
}

export interface State {
  /** Null: signed out, which the library is told as being offline. */
  agent: { info: AgentInfo; state: AgentState } | null;
  call: Call | null;
  /** The last transfer of `call`, running or not. */
  transfer: Transfer | null;
  /** What the agent chose while a call kept him from it: it comes into force after the call. */
  nextState: StateChoice | null;
}

export const EMPTY: State = { agent: null, call: null, transfer: null, nextState: null };

/** An event or reply of Baton, parsed. */
export interface BatonEvent {
  topic: string;
  subtopic: string;
  message?: unknown;
  data?: unknown;
  id?: string;
  sequence?: number;
}

const OUTCOMES = new Set([
  "connected",
  "returned",
  "canceled",
  "failed",
  "abandoned",
  "handedOver",
  "completed",
]);

/** True where the transfer may still change hands: it has no outcome yet. */
export function isRunning(transfer: Transfer): boolean {
  return !OUTCOMES.has(transfer.state);
}

/** True while the agent still has the customer: the third party is being called, and he may take the customer back. */
export function isBeforeRelease(transfer: Transfer): boolean {
  return isRunning(transfer) && transfer.custody === "agent";
}

interface CallEventMessage {
  call: {
    event: string;
    ResponseActual: Leg;
    CallVariables: Record<string, string>;
    ResponseFields: { MediaProperties: { queueName: string; queueTimestamp: string | null } };
  };
}

interface CallSyncMessage {
  attributes: { name: string; value: string }[];
  queueName: string | null;
  queueTimestamp: string | null;
  calls: Leg[];
}

/** The state after that event. What does not concern it leaves the very same state. */
export function reduce(state: State, event: BatonEvent): State {
  switch (`${event.topic}/${event.subtopic}`) {
    case "Agent/StateSync": {
      const sync = event.message as { agentInfo: AgentInfo | null; agentState: AgentState | null };
      return agentIs(state, sync.agentInfo, sync.agentState);
    }
    case "Agent/SetAgentState": {
      const change = event.message as { data: AgentInfo; rules: { ResponseActual: AgentState } };
      return agentIs(state, change.data, change.rules.ResponseActual);
    }
    case "Agent/LogoutSuccess":
      // Whoever signs out has no call left, and what he still had to clear is cleared by it.
      return EMPTY;
    case "InboundCall/StateSync":
      return callIs(state, event.message as CallSyncMessage);
    case "InboundCall/InboundCallStateChange":
      return legChanged(state, event.message as CallEventMessage);
    case "InboundCall/TransferStateChange":
      return transferIs(state, event.message as Transfer);
    default:
      return state;
  }
}

/** A transfer as an event or GET /v1/transfers tells it. That of another call than the agent's is of no interest. */
export function transferIs(state: State, transfer: Transfer): State {
  if (state.call && state.call.contactId !== transfer.contactId) return state;
  return { ...state, transfer };
}

function agentIs(state: State, info: AgentInfo | null, agentState: AgentState | null): State {
  if (!info || !agentState) return { ...state, agent: null };
  const next = state.nextState;
  // The choice has come into force, or is overtaken by another one.
  const waiting = next !== null && agentState.type === "system";
  return { ...state, agent: { info, state: agentState }, nextState: waiting ? next : null };
}

function callIs(state: State, sync: CallSyncMessage): State {
  const agentLeg = sync.calls.find((leg) => leg.type === "agent") ?? null;
  const customerLeg = sync.calls.find((leg) => leg.type !== "agent") ?? null;
  const contactId = (agentLeg ?? customerLeg)?.contactId;
  if (contactId === undefined) return { ...state, call: null, transfer: null };
  const attributes = Object.fromEntries(sync.attributes.map(({ name, value }) => [name, value]));
  const { queueName, queueTimestamp } = sync;
  return {
    ...state,
    call: { contactId, agentLeg, customerLeg, attributes, queueName, queueTimestamp },
    transfer: state.transfer?.contactId === contactId ? state.transfer : null,
  };
}

function legChanged(state: State, { call: change }: CallEventMessage): State {
  const leg = change.ResponseActual;
  const known = state.call?.contactId === leg.contactId ? state.call : null;
  const own = leg.type === "agent";
  if (change.event === "Dropped") {
    // The leg is gone from the desktop: cleared, or an offer that was withdrawn.
    if (!known) return state;
    const left: Call = { ...known, ...(own ? { agentLeg: null } : { customerLeg: null }) };
    const gone = !left.agentLeg && !left.customerLeg;
    return gone ? { ...state, call: null, transfer: null } : { ...state, call: left };
  }
  const media = change.ResponseFields.MediaProperties;
  const call: Call = {
    contactId: leg.contactId,
    // A contact that comes back to its agent keeps its id and gets new legs.
    agentLeg: own ? leg : (known?.agentLeg ?? null),
    customerLeg: own ? (known?.customerLeg ?? null) : leg,
    attributes: change.CallVariables,
    queueName: media.queueName === "" ? null : media.queueName,
    queueTimestamp: media.queueTimestamp,
  };
  return {
    ...state,
    call,
    transfer: state.transfer?.contactId === leg.contactId ? state.transfer : null,
  };
}

/** True while the call is offered to the agent, false while his own outgoing call is being set up. */
export function isOffered(call: Call): boolean {
  return call.agentLeg?.status === "connecting" && call.agentLeg.buttonStates["answer"] === true;
}

const OVER = new Set(["AfterCallWork", "MissedCallAgent", "FailedConnectAgent"]);
const WITH_CALL = new Set(["PendingBusy", "Busy", ...OVER]);

/**
 * True if the state fits together. Baton tells one change by several events: each leg of the call, then the agent. In
 * between nothing must be shown, or the library would fire events for what never was.
 */
export function isSettled(state: State): boolean {
  const name = state.agent?.state.type === "system" ? state.agent.state.name : "";
  const { call } = state;
  if (!call) return !WITH_CALL.has(name);
  if (!call.agentLeg || !call.customerLeg || call.agentLeg.status !== call.customerLeg.status)
    return false;
  switch (call.agentLeg.status) {
    case "connecting":
      return name === (isOffered(call) ? "PendingBusy" : "Busy");
    case "connected":
    case "hold":
      return name === "Busy";
    case "disconnected":
      return OVER.has(name);
  }
}
