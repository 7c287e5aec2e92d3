import {
  type AgentList,
  isOutcome,
  type QueueState as Queue,
  type ServerEvent,
  type Transfer,
  type TransferRecord,
  type WaitingList,
} from "@baton/client";

export type Agent = AgentList["items"][number];

export type Waiting = WaitingList["items"][number];

/** A transfer as the supervisor watches it. */
export interface Watched extends Transfer {
  /** Login of the primary agent. */
  agent: string;
  /** When it was accepted; null where it was met on its way, until its record is read. */
  acceptedAt: string | null;
  /** Since when the customer is with whoever has him. */
  custodySince: string;
}

/** All that happens now. A plain value; the functions below make the next. */
export interface Live {
  queues: Queue[];
  /** Customers in the queues, who waits longest first. */
  waiting: Waiting[];
  agents: Agent[];
  /** Transfers without an outcome, oldest first. */
  open: Watched[];
  /** What ended while the page watched, newest first. */
  ended: Watched[];
}

export const NOTHING: Live = { queues: [], waiting: [], agents: [], open: [], ended: [] };

/** How many that ended stay. */
export const ENDED = 12;

/** The live picture after an event. */
export function apply(live: Live, event: ServerEvent): Live {
  const agent = event.agent;
  if (event.topic === "InboundCall" && event.subtopic === "TransferStateChange") {
    return agent === undefined ? live : applyTransfer(live, event.message, agent);
  }
  if (event.topic === "Agent" && agent !== undefined) {
    switch (event.subtopic) {
      case "SetAgentState":
        return changeAgent(live, agent, {
          state: event.message.event,
          ...(event.message.data && {
            loggedIn: event.message.data.type !== "offline",
            stateType: event.message.data.type,
            since: event.message.data.stateChangeTime,
            // The server lets nobody be ready for calls without one.
            ...(event.message.data.type === "routable" && { phoneReachable: true }),
          }),
        });
      case "LoginSuccess":
        return changeAgent(live, agent, { loggedIn: true });
      case "LogoutSuccess":
        return changeAgent(live, agent, { loggedIn: false });
    }
  }
  return live;
}

function changeAgent(live: Live, login: string, change: Partial<Agent>): Live {
  return {
    ...live,
    agents: live.agents.map((one) => (one.login === login ? { ...one, ...change } : one)),
  };
}

function applyTransfer(live: Live, message: Transfer, agent: string): Live {
  const before = find(live, message.transferId);
  // "The call with whom it was connected to has ended" is no news of a transfer that was never seen.
  if (!before && message.state === "completed") return live;
  const watched: Watched = {
    ...message,
    agent,
    acceptedAt: message.state === "accepted" ? message.at : (before?.acceptedAt ?? null),
    custodySince: before?.custody === message.custody ? before.custodySince : message.at,
  };
  return put(live, watched);
}

/** Takes a record up, unless an event has told something newer. */
export function applyRecord(live: Live, record: TransferRecord): Live {
  const before = find(live, record.transferId);
  if (before && (before.at > record.at || (isOutcome(before.state) && !isOutcome(record.state))))
    return put(live, { ...before, acceptedAt: record.acceptedAt });
  const { agent, acceptedAt, releasedAt } = record;
  const withAgent = record.custody === "agent" && !isOutcome(record.state);
  const sinceRelease = record.state === "queued" || record.state === "alerting";
  return put(live, {
    ...record,
    agent,
    acceptedAt,
    custodySince: withAgent ? acceptedAt : (sinceRelease && releasedAt) || record.at,
  });
}

/**
 * Takes up the list of all that are open: those that were told as open before and are not in it have ended while nobody
 * told the page, or began since the list was made. Their ids are given back, for their records to be read.
 */
export function applyOpen(live: Live, records: readonly TransferRecord[]): [Live, string[]] {
  const listed = new Set(records.map((record) => record.transferId));
  const unsure = live.open.map((one) => one.transferId).filter((id) => !listed.has(id));
  return [records.reduce(applyRecord, live), unsure];
}

function find(live: Live, id: string): Watched | undefined {
  const has = (one: Watched): boolean => one.transferId === id;
  return live.open.find(has) ?? live.ended.find(has);
}

function put(live: Live, watched: Watched): Live {
  const other = (one: Watched): boolean => one.transferId !== watched.transferId;
  const open = live.open.filter(other);
  if (isOutcome(watched.state)) {
    // What is told of it later changes nothing about where it stands.
    const at = live.ended.findIndex((one) => !other(one));
    const ended = at < 0 ? [watched, ...live.ended] : live.ended.with(at, watched);
    return { ...live, open, ended: ended.slice(0, ENDED) };
  }
  const begun = (one: Watched): string => one.acceptedAt ?? one.at;
  const place = open.findIndex((one) => begun(one) > begun(watched));
  open.splice(place < 0 ? open.length : place, 0, watched);
  return { ...live, open };
}

/** Takes up the queues that are told, and drops those that are no more; the others stay. */
export function applyQueues(
  live: Live,
  queues: readonly Queue[],
  removed: readonly string[] = [],
): Live {
  const gone = new Set([...removed, ...queues.map((queue) => queue.arn)]);
  const others = live.queues.filter((queue) => !gone.has(queue.arn));
  return { ...live, queues: sortedQueues([...others, ...queues]) };
}
export const sortedQueues = (queues: readonly Queue[]): Queue[] =>
  queues.toSorted((a, b) => a.name.localeCompare(b.name));

/** What stands at the head of the page. */
export interface Totals {
  waiting: number;
  /** Since when the one waits who waits longest, or null. */
  longestSince: string | null;
  atWork: number;
  free: number;
}
export function totals({ queues, agents }: Live): Totals {
  const since = queues.flatMap((queue) => queue.longestWaitingSince ?? []).sort();
  const atWork = agents.filter((agent) => agent.loggedIn);
  return {
    waiting: queues.reduce((sum, queue) => sum + queue.waiting, 0),
    longestSince: since[0] ?? null,
    atWork: atWork.length,
    free: atWork.filter(isFree).length,
  };
}

/** Whether a call may be offered to him. */
export const isFree = (agent: Agent): boolean =>
  agent.loggedIn && agent.stateType === "routable" && agent.phoneReachable;

/** Those at work by their state, those who are in it longest first. The states with most agents come first. */
export function byState(agents: readonly Agent[]): [state: string, agents: Agent[]][] {
  const groups = new Map<string, Agent[]>();
  for (const agent of agents) {
    if (agent.loggedIn) groups.set(agent.state, [...(groups.get(agent.state) ?? []), agent]);
  }
  for (const group of groups.values())
    group.sort((a, b) => (a.since ?? "").localeCompare(b.since ?? ""));
  return [...groups].sort(([a, x], [b, y]) => y.length - x.length || a.localeCompare(b));
}

/** Whether the customer waits in a queue, so that he can be moved to another one. */
export const waits = (transfer: Watched): boolean =>
  transfer.custody === "queue" && (transfer.state === "queued" || transfer.state === "requeued");
