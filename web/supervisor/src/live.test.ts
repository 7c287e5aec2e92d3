import type { QueueState as Queue, ServerEvent, TransferRecord } from "@baton/client";
import { describe, expect, it } from "vitest";
import {
  type Agent,
  apply,
  applyOpen,
  applyQueues,
  applyRecord,
  byState,
  ENDED,
  type Live,
  NOTHING,
  totals,
  waits,
} from "./live.ts";

const at = (second: number): string => new Date(Date.UTC(2026, 0, 5, 9, 0, second)).toISOString();

const told = (id: string, state: string, custody: string, second: number): ServerEvent =>
  ({
    channel: "Amazon",
    topic: "InboundCall",
    subtopic: "TransferStateChange",
    agent: "agent1",
    message: {
      transferId: id,
      contactId: `contact of ${id}`,
      state,
      custody,
      destination: { name: "Billing", phoneNumber: null },
      options: {},
      at: at(second),
    },
  }) as unknown as ServerEvent;

const record = (id: string, state: string, custody: string, more: object = {}): TransferRecord =>
  ({
    transferId: id,
    contactId: `contact of ${id}`,
    state,
    custody,
    destination: { name: "Billing", phoneNumber: null },
    options: {},
    agent: "agent1",
    acceptedAt: at(0),
    releasedAt: at(2),
    outcomeAt: null,
    at: at(3),
    ...more,
  }) as unknown as TransferRecord;

const after = (...events: ServerEvent[]): Live => events.reduce(apply, NOTHING);

describe("a transfer that is watched", () => {
  it("says since when the customer is with whoever has him, whatever else changes", () => {
    const { open } = after(
      told("a", "accepted", "agent", 0),
      told("a", "dialing", "agent", 1),
      told("a", "alerting", "server", 3),
      told("a", "alerting", "server", 4),
    );
    expect(open).toMatchObject([{ agent: "agent1", acceptedAt: at(0), custodySince: at(3) }]);
  });

  it("leaves the open ones with its outcome, and stands at the head of those that ended", () => {
    const live = after(
      told("a", "accepted", "agent", 0),
      told("b", "accepted", "agent", 1),
      told("a", "connected", "destination", 5),
      told("b", "failed", "agent", 6),
      told("a", "completed", "gone", 9),
    );
    expect(live.open).toEqual([]);
    expect(live.ended.map(({ transferId, state }) => [transferId, state])).toEqual([
      ["b", "failed"],
      ["a", "completed"],
    ]);
  });

  it("is no news when a call of before ends", () => {
    expect(after(told("a", "completed", "gone", 5))).toEqual(NOTHING);
  });

  it("keeps only so many that ended", () => {
    const live = after(
      ...Array.from({ length: ENDED + 3 }, (_, i) => told(`t${i}`, "failed", "agent", i)),
    );
    expect(live.ended).toHaveLength(ENDED);
    expect(live.ended[0]?.transferId).toBe(`t${ENDED + 2}`);
  });

  it("stands by when it was accepted, the oldest first", () => {
    const live = applyRecord(
      after(told("b", "accepted", "agent", 5)),
      record("a", "queued", "queue"),
    );
    expect(live.open.map(({ transferId }) => transferId)).toEqual(["a", "b"]);
  });

  it("can be moved only while it waits", () => {
    const waiting = (state: string, custody: string): boolean =>
      after(told("a", state, custody, 0)).open.some(waits);
    expect(waiting("queued", "queue")).toBe(true);
    expect(waiting("requeued", "queue")).toBe(true);
    expect(waiting("alerting", "server")).toBe(false);
    expect(waiting("accepted", "agent")).toBe(false);
  });
});

describe("the records", () => {
  it("give a transfer that was met on its way the time at which it was accepted", () => {
    const met = after(told("a", "alerting", "server", 4));
    expect(met.open[0]?.acceptedAt).toBeNull();
    const known = applyRecord(met, record("a", "dialing", "agent", { at: at(1) }));
    expect(known.open[0]).toMatchObject({ acceptedAt: at(0), state: "alerting" });
  });

  it("do not bring back what has ended", () => {
    const live = applyRecord(
      after(told("a", "accepted", "agent", 0), told("a", "connected", "destination", 2)),
      record("a", "alerting", "server", { at: at(3) }),
    );
    expect(live.open).toEqual([]);
    expect(live.ended[0]?.state).toBe("connected");
  });

  it("say since when, by whom the customer is with", () => {
    const since = (state: string, custody: string): string | undefined =>
      applyRecord(NOTHING, record("a", state, custody)).open[0]?.custodySince;
    expect(since("dialing", "agent")).toBe(at(0));
    expect(since("queued", "queue")).toBe(at(2));
    expect(since("requeued", "queue")).toBe(at(3));
  });

  it("name those that were open before and are not any more", () => {
    const [live, unsure] = applyOpen(
      after(told("a", "accepted", "agent", 0), told("b", "accepted", "agent", 1)),
      [record("b", "queued", "queue")],
    );
    expect(unsure).toEqual(["a"]);
    expect(live.open.map(({ transferId, state }) => [transferId, state])).toEqual([
      ["a", "accepted"],
      ["b", "queued"],
    ]);
  });
});

const agent = (login: string, more: Partial<Agent> = {}): Agent => ({
  login,
  name: login,
  loggedIn: true,
  state: "Available",
  stateType: "routable",
  since: at(0),
  phoneReachable: true,
  contactId: null,
  ...more,
});
const queue = (name: string, more: Partial<Queue> = {}): Queue => ({
  arn: `arn:${name}`,
  name,
  open: true,
  waiting: 0,
  longestWaitingSince: null,
  agentsStaffed: 1,
  agentsAvailable: 1,
  estimatedWaitSeconds: 0,
  ...more,
});

describe("the agents", () => {
  it("change by their events", () => {
    const event = {
      channel: "Amazon",
      topic: "Agent",
      subtopic: "SetAgentState",
      agent: "a",
      message: {
        event: "Busy",
        data: { type: "system", stateChangeTime: at(7) },
        rules: null,
        source: "event",
      },
    } as unknown as ServerEvent;
    const { agents } = apply({ ...NOTHING, agents: [agent("a"), agent("b")] }, event);
    expect(agents[0]).toMatchObject({ state: "Busy", stateType: "system", since: at(7) });
    expect(agents[1]).toEqual(agent("b"));
  });

  it("stand by state, the longest in it first, and only those at work", () => {
    const groups = byState([
      agent("late", { since: at(9) }),
      agent("early", { since: at(1) }),
      agent("busy", { state: "Busy" }),
      agent("home", { loggedIn: false }),
    ]);
    expect(groups.map(([state, group]) => [state, group.map(({ login }) => login)])).toEqual([
      ["Available", ["early", "late"]],
      ["Busy", ["busy"]],
    ]);
  });
});

describe("the queues", () => {
  it("are told one by one, and go when the directory has them no more", () => {
    const two = applyQueues(NOTHING, [queue("B"), queue("A")]);
    expect(two.queues.map(({ name }) => name)).toEqual(["A", "B"]);
    const changed = applyQueues(two, [queue("B", { waiting: 3 })], ["arn:A"]);
    expect(changed.queues).toEqual([queue("B", { waiting: 3 })]);
  });

  it("are summed up at the head of the page", () => {
    const live = {
      ...applyQueues(NOTHING, [
        queue("A", { waiting: 2, longestWaitingSince: at(5) }),
        queue("B", { waiting: 1, longestWaitingSince: at(3) }),
      ]),
      agents: [
        agent("free"),
        agent("no phone", { phoneReachable: false }),
        agent("busy", { stateType: "system" }),
        agent("home", { loggedIn: false }),
      ],
    };
    expect(totals(live)).toEqual({ waiting: 3, longestSince: at(3), atWork: 3, free: 1 });
    expect(totals(NOTHING)).toEqual({ waiting: 0, longestSince: null, atWork: 0, free: 0 });
  });
});
