import {
  type AgentInfo,
  type ApiErrorData,
  type Capabilities,
  type Connection,
  isOutcome,
  type ServerEvent,
  type Transfer,
  type TransferRecord,
} from "@baton/client";

/** A contact as the agent sees it: what its legs' events told. */
export interface Call {
  contactId: string;
  queueName: string | null;
  /** Since when the customer has been waiting or in the call, by his queue. */
  queueSince: string | null;
  attributes: Record<string, string>;
  legs: Record<string, Leg>;
}
export interface Leg extends Connection {
  /** The published name of the last event: connecting, missed, ACW, ... */
  event: string | null;
}

/** A transfer with what its states before told. */
export interface TrackedTransfer extends Transfer {
  /** When its state became what it is. */
  since: string;
  error?: ApiErrorData;
}

/** "mute", "unmute", "make_call": whether the server allows it. */
export type Rules = Record<string, boolean>;

/** All that the server told, as far as the desktop shows it. A plain value; `apply` makes the next. */
export interface State {
  loggedIn: boolean;
  agent: AgentInfo | null;
  /** The state's name, such as "Available" or "AfterCallWork". */
  stateName: string;
  /** What the server lets the agent do apart from the call. */
  rules: Rules;
  choices: { label: string; code: string; type: string }[];
  capabilities: Capabilities | null;
  /** The call that is shown. */
  call: Call | null;
  /** The latest transfer of the call, or of the one before. */
  transfer: TrackedTransfer | null;
  /** At Amazon Connect an agent may have more calls: those that the one that is shown stands in front of, the latest last. */
  behind: Behind[];
}

/** A call that is not shown, with its latest transfer. */
export interface Behind {
  call: Call;
  transfer: TrackedTransfer | null;
}

export const EMPTY: State = {
  loggedIn: false,
  agent: null,
  stateName: "",
  rules: {},
  choices: [],
  capabilities: null,
  call: null,
  transfer: null,
  behind: [],
};

export type Buttons = Connection["buttonStates"];
const NO_BUTTONS: Buttons = {
  answer: false,
  reject: false,
  disconnect: false,
  hold: false,
  resume: false,
  clearContact: false,
  consult: false,
  numberpad: false,
  swap: false,
  transfer: false,
  conference: false,
  blindTransfer: false,
};

/** What the server allows now: a button that is allowed on any leg of the call. */
export function allowed(call: Call | null): Buttons {
  const result = { ...NO_BUTTONS };
  for (const leg of Object.values(call?.legs ?? {})) {
    for (const key of Object.keys(result) as (keyof Buttons)[])
      result[key] ||= leg.buttonStates[key];
  }
  return result;
}

export type Phase = "offered" | "calling" | "talking" | "held" | "afterCall" | "missed";

/** The agent's own leg. */
export const agentLeg = (call: Call): Leg | undefined =>
  newest(Object.values(call.legs).filter((leg) => leg.type === "agent"));

/** The leg of whom the agent talks to: the customer's, or of who was called. */
export const otherLeg = (call: Call): Leg | undefined =>
  newest(Object.values(call.legs).filter((leg) => leg.type !== "agent"));

const newest = (legs: Leg[]): Leg | undefined =>
  legs.sort((a, b) => a.statusTimestamp.localeCompare(b.statusTimestamp)).at(-1);

const MISSED_EVENTS = ["missed", "Rejected"];
/** The agent's states after such a call, by which a refresh knows it: the events are past. */
const MISSED_STATES = ["MissedCallAgent", "FailedConnectAgent"];

/** How far the call is for its agent, who is in the state of that name. */
export function phaseOf(call: Call, stateName: string): Phase {
  const buttons = allowed(call);
  const mine = agentLeg(call);
  if (buttons.answer) return "offered";
  if (buttons.clearContact) {
    const missed = mine?.event
      ? MISSED_EVENTS.includes(mine.event)
      : MISSED_STATES.includes(stateName);
    return missed ? "missed" : "afterCall";
  }
  if (buttons.resume || mine?.status === "hold") return "held";
  if (mine?.status === "connecting" || otherLeg(call)?.status === "connecting") return "calling";
  return "talking";
}

/** Of several calls: whom to answer comes before who is there, and last what is only to be finished. */
const PLACES = { offered: 0, talking: 1, calling: 1, held: 2, afterCall: 3, missed: 3 } as const;
const placeOf = (call: Call): number => PLACES[phaseOf(call, "")];

/** Who the customer is, by number. */
export function customerOf(call: Call): string | null {
  return call.attributes.ANI ?? otherLeg(call)?.phoneNumber ?? null;
}

/** The attributes that are for people: without those that stand elsewhere on the card. */
export function details(call: Call): [string, string][] {
  const elsewhere = new Set(["ANI", "DNIS", "TransferredBy", "TransferNote"]);
  return Object.entries(call.attributes).filter(([name]) => !elsewhere.has(name));
}

/** The state after an event. */
export function apply(state: State, event: ServerEvent): State {
  if (event.topic === "App") return { ...state, capabilities: event.message.capabilities ?? null };
  if (event.topic === "Agent") {
    switch (event.subtopic) {
      case "StateSync":
        return {
          ...state,
          loggedIn: event.message.loginState === "LoggedIn",
          agent: event.message.agentInfo,
          stateName: event.message.agentState?.name ?? "",
          rules: rulesOf(event.message.rules),
        };
      case "LoginSuccess":
        return { ...state, loggedIn: true, agent: event.message.agentInfo ?? state.agent };
      case "LogoutSuccess":
        // It clears what he still had to finish, without a word about each call.
        return { ...state, loggedIn: false, rules: {}, call: null, behind: [] };
      case "SetAgentState":
        return {
          ...state,
          agent: event.message.data ?? state.agent,
          stateName: event.message.event,
          rules: event.message.rules ? rulesOf(event.message.rules) : state.rules,
        };
      case "GetStates":
        return { ...state, choices: event.message };
    }
  }
  if (event.topic === "InboundCall") {
    switch (event.subtopic) {
      case "StateSync":
        return applySync(state, event.message);
      case "InboundCallStateChange":
        return applyLeg(state, event.message.call);
      case "TransferStateChange":
        return applyTransfer(state, event.message);
    }
  }
  if (event.topic === "Error") {
    const { data } = event;
    return withTransfers(state, (before) =>
      before && before.transferId === data.transferId ? { ...before, error: data } : before,
    );
  }
  return state;
}

/** The state with another transfer for each call: for the one that is shown, and for those behind it. */
function withTransfers(
  state: State,
  next: (before: TrackedTransfer | null, contactId: string | undefined) => TrackedTransfer | null,
): State {
  return {
    ...state,
    transfer: next(state.transfer, state.call?.contactId),
    behind: state.behind.map(({ call, transfer }) => ({
      call,
      transfer: next(transfer, call.contactId),
    })),
  };
}

function rulesOf(rules: { ButtonStates: { items: object } } | "" | null): Rules {
  if (!rules) return {};
  return Object.fromEntries(
    Object.entries(rules.ButtonStates.items).map(([name, value]) => [name, value === "Enable"]),
  );
}

type CallSync = Extract<ServerEvent, { topic: "InboundCall"; subtopic: "StateSync" }>["message"];
type CallChange = Extract<ServerEvent, { subtopic: "InboundCallStateChange" }>["message"]["call"];

function applySync(state: State, sync: CallSync): State {
  const calls: Behind[] = [];
  for (const contactId of new Set(sync.calls.map((leg) => leg.contactId))) {
    const before = known(state, contactId);
    const legs: Record<string, Leg> = {};
    for (const leg of sync.calls) {
      if (leg.contactId !== contactId) continue;
      const event = before.call?.legs[leg.connectionId]?.event ?? null;
      legs[leg.connectionId] = { ...leg, event };
    }
    // The server puts the current contact first, and tells the rest of that one alone.
    const call: Call =
      calls.length > 0
        ? {
            ...(before.call ?? { queueName: null, queueSince: null, attributes: {} }),
            contactId,
            legs,
          }
        : {
            contactId,
            queueName: sync.queueName,
            queueSince: sync.queueTimestamp,
            attributes: Object.fromEntries(sync.attributes.map(({ name, value }) => [name, value])),
            legs,
          };
    calls.push({ call, transfer: before.transfer });
  }
  return showing(state, calls.reverse());
}

/** What is known of a contact's call, shown or not, and of its transfer. */
function known(state: State, contactId: string): { [Part in keyof Behind]: Behind[Part] | null } {
  const { call, transfer } = state;
  const behind = state.behind.find((one) => one.call.contactId === contactId);
  return (
    behind ?? {
      call: call?.contactId === contactId ? call : null,
      transfer: transfer?.contactId === contactId ? transfer : null,
    }
  );
}

/** The state with those calls, the latest last: of the most urgent ones the latest is shown. */
function showing(state: State, calls: Behind[]): State {
  const [shown] = [...calls].reverse().sort((a, b) => placeOf(a.call) - placeOf(b.call));
  return { ...state, call: null, ...shown, behind: calls.filter((one) => one !== shown) };
}

function applyLeg(state: State, change: CallChange): State {
  const leg: Leg = { ...change.ResponseActual, event: change.event };
  const { call: before, transfer: kept } = known(state, leg.contactId);
  const gone = (one: Leg): boolean =>
    one.status === "disconnected" && !Object.values(one.buttonStates).some(Boolean);
  // A call of before is over for this desktop; a late word about it must not take the place of the one that is here.
  if (!before && gone(leg)) return state;
  // An agent has one leg in a call, the last one told: a customer who comes back comes by a new one, and where nobody
  // answered that, the server tells the old one again, with the time that it always had.
  const others = Object.entries(before?.legs ?? {}).filter(
    ([, one]) => leg.type !== "agent" || one.type !== "agent",
  );
  const { queueName, queueTimestamp } = change.ResponseFields.MediaProperties;
  const call: Call = {
    contactId: leg.contactId,
    queueName: queueName || (before?.queueName ?? null),
    queueSince: queueTimestamp ?? before?.queueSince ?? null,
    // Each event tells all of them: what a transfer that came to nothing had added is gone.
    attributes: change.CallVariables,
    legs: { ...Object.fromEntries(others), [leg.connectionId]: leg },
  };
  // The customer comes anew to the agent: what became of him before is past.
  const anew = leg.type === "agent" && leg.event === "connecting";
  const transfer = anew && kept && isOutcome(kept.state) ? null : kept;
  const over = Object.values(call.legs).every(gone);
  const rest = state.behind.filter((one) => one.call.contactId !== leg.contactId);
  const shown = state.call;
  if (shown && shown.contactId !== leg.contactId) {
    if (over) return { ...state, behind: rest };
    // What happens to a call that can wait takes nothing off the page.
    if (placeOf(call) > placeOf(shown)) return { ...state, behind: [...rest, { call, transfer }] };
    return {
      ...state,
      call,
      transfer,
      behind: [...rest, { call: shown, transfer: state.transfer }],
    };
  }
  // An offer that was missed, or a call that ended, is still to be finished: nobody waits for that, as others may.
  return showing({ ...state, transfer }, over ? rest : [...rest, { call, transfer }]);
}

function applyTransfer(state: State, message: Transfer): State {
  return withTransfers(state, (tracked, contactId) => {
    const before = tracked?.transferId === message.transferId ? tracked : null;
    // An agent is told of his earlier calls' transfers for as long as those go on: they take nothing from this call's.
    if (!before && contactId !== undefined && contactId !== message.contactId) return tracked;
    const since = before?.state === message.state ? before.since : message.at;
    const error = before?.error;
    return { ...message, since, ...(error ? { error } : {}) };
  });
}

/** Whether a transfer's outcome is past: the agent is offered its customer again, or has him, who was elsewhere by it. */
function isPast(record: TransferRecord, call: Call): boolean {
  const mine = agentLeg(call);
  if (!isOutcome(record.state) || !mine || mine.status === "disconnected") return false;
  return allowed(call).answer || !["agent", "unknown"].includes(record.custody);
}

/**
 * Takes up a transfer out of the records, which were asked when `known` was shown: after a refresh nothing, after a
 * connection whose events are past what they had told before. What they tell meanwhile stays.
 */
export function applyRecord(
  state: State,
  record: TransferRecord,
  known: State["transfer"] = null,
): State {
  const contactId = (state.call ?? state.transfer)?.contactId;
  if (state.transfer !== known || record.contactId !== contactId) return state;
  if (state.call && isPast(record, state.call)) return { ...state, transfer: null };
  if (known?.transferId === record.transferId && known.state === record.state) return state;
  const error = known?.transferId === record.transferId ? known.error : undefined;
  return { ...state, transfer: { ...record, since: record.at, ...(error ? { error } : {}) } };
}

/** Whether the customer can still be taken back: somebody is to be waited for. */
export function canTakeBack(state: State): boolean {
  const { transfer } = state;
  return (
    transfer !== null &&
    ["accepted", "dialing", "alerting", "queued", "returning", "requeued"].includes(
      transfer.state,
    ) &&
    // Before the release the agent has the customer: taking back is no more than calling it off.
    (transfer.custody === "agent" || (state.capabilities?.takeBackAfterRelease ?? true))
  );
}
