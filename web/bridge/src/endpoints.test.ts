/// <reference types="amazon-connect-streams" />
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { EndpointList } from "./endpoints.ts";
import type { EndpointsPart } from "./messages.ts";

/** As much of the library as lists destinations. */
function library() {
  let queues = ["queue-1"];
  let arns: string[] | undefined = ["arn:b", "arn:a"];
  const asked: string[][] = [];
  const agent = {
    getAllQueueARNs: () => queues,
    getRoutingProfile: () => ({ defaultOutboundQueue: { queueARN: "queue-out" } }),
    getEndpoints: (
      wanted: string[],
      told: { success: (data: object) => void; failure: (error: string) => void },
    ) => {
      asked.push(wanted);
      if (!arns) told.failure("{}");
      else told.success({ endpoints: arns.map((endpointARN) => ({ endpointARN })) });
    },
  } as unknown as connect.Agent;
  return {
    agent,
    asked,
    lists: (now: string[] | undefined): void => void (arns = now),
    moves: (now: string[]): void => void (queues = now),
  };
}

let lib = library();
let sent: EndpointsPart[] = [];
const make = (digest?: string): EndpointList => {
  const list = new EndpointList((part) => sent.push(part));
  list.lease(digest);
  return list;
};
const until = (count: number): Promise<void> =>
  vi.waitFor(() => expect(sent).toHaveLength(count), { interval: 1 });

beforeEach(() => {
  lib = library();
  sent = [];
  vi.useFakeTimers({ toFake: ["performance"] });
});
afterEach(() => void vi.useRealTimers());

test("the list of all queues and the one of calls out is told once", async () => {
  const list = make();
  list.look(lib.agent);
  await until(1);
  expect(lib.asked).toEqual([["queue-1", "queue-out"]]);
  expect(sent[0]).toMatchObject({ part: 0, more: false, arns: ["arn:a", "arn:b"] });
  expect(sent[0]?.digest).toMatch(/^[0-9a-f]{64}$/);
  list.look(lib.agent);
  expect(lib.asked).toHaveLength(1);
});

test("a list that Baton has is not sent again", async () => {
  make().look(lib.agent);
  await until(1);
  const again = make(sent[0]?.digest);
  again.look(lib.agent);
  lib.lists(["arn:c"]);
  vi.advanceTimersByTime(300_000);
  again.look(lib.agent);
  await until(2);
  expect(sent[1]?.arns).toEqual(["arn:c"]);
});

test("it is asked for when Baton wants it, but not more often than every five seconds", async () => {
  const list = make();
  list.look(lib.agent);
  list.want();
  vi.advanceTimersByTime(4_999);
  list.look(lib.agent);
  expect(lib.asked).toHaveLength(1);
  vi.advanceTimersByTime(1);
  list.look(lib.agent);
  expect(lib.asked).toHaveLength(2);
  await until(1);
});

test("it is asked for at once when the routing profile changes", async () => {
  const list = make();
  list.look(lib.agent);
  lib.moves(["queue-2"]);
  list.look(lib.agent);
  expect(lib.asked[1]).toEqual(["queue-2", "queue-out"]);
  await until(1);
});

test("a long list comes in parts", async () => {
  lib.lists(Array.from({ length: 401 }, (_, i) => `arn:${1000 + i}`));
  make().look(lib.agent);
  await until(3);
  expect(sent.map((each) => [each.part, each.more, each.arns?.length])).toEqual([
    [0, true, 200],
    [1, true, 200],
    [2, false, 1],
  ]);
});

test("an empty list is one", async () => {
  lib.lists([]);
  make().look(lib.agent);
  await until(1);
  expect(sent[0]).toMatchObject({ part: 0, more: false, arns: [] });
});

test("what the library does not tell is told as not known, where Baton has a list", async () => {
  lib.lists(undefined);
  make().look(lib.agent);
  expect(sent).toEqual([]);
  make("digest").look(lib.agent);
  expect(sent).toEqual([{ digest: "", part: 0, more: false, arns: null }]);
});

test("a list that is longer than Baton keeps is not known", async () => {
  lib.lists(Array.from({ length: 4_000 }, (_, i) => `arn:${10_000 + i}`));
  make().look(lib.agent);
  await until(20);
  sent = [];
  lib.lists(Array.from({ length: 4_001 }, (_, i) => `arn:${10_000 + i}`));
  make("digest").look(lib.agent);
  await until(1);
  expect(sent[0]?.arns).toBeNull();
});
