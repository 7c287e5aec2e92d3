import { FakeSocket } from "@baton/shared/testing.ts";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

/** The page has one session, with what a browser has around it. */
let session: typeof import("./session.ts");
let routes: typeof import("./route.ts");
let tell: () => void;
const page = { hidden: false, addEventListener: (_: string, call: () => void) => (tell = call) };
/** The paths that were read since they were looked at last. */
let read: string[] = [];
const LIVE = ["/v1/agents", "/v1/queues", "/v1/queues/waiting", "/v1/transfers"];

async function readSince(ms: number): Promise<string[]> {
  await vi.advanceTimersByTimeAsync(ms);
  const all = read.filter((path) => LIVE.includes(path)).sort();
  read = [];
  return all;
}
function seen(now: boolean): void {
  page.hidden = !now;
  tell();
}
/** A server that answers whoever asks whether it is still there. */
class Server extends FakeSocket {
  override send(text: string): void {
    const { topic, subtopic, id } = JSON.parse(text) as Record<string, string>;
    queueMicrotask(() => this.tell({ channel: "Amazon", topic, subtopic, message: {}, id }));
  }
}
const AGENT = {
  channel: "Amazon",
  topic: "Agent",
  subtopic: "LoginSuccess",
  message: {},
  agent: "agent1",
};
const QUEUES = {
  channel: "Amazon",
  topic: "Queue",
  subtopic: "QueueStateChange",
  message: { at: "2020-04-09T08:37:12.701Z", queues: [] },
};

beforeEach(async () => {
  read = [];
  page.hidden = false;
  FakeSocket.all = [];
  vi.stubGlobal("location", new URL("https://baton.example/supervisor/"));
  vi.stubGlobal("document", page);
  vi.stubGlobal("WebSocket", Server);
  vi.stubGlobal("fetch", async (path: string) => {
    read.push(new URL(path, "https://baton.example").pathname);
    return new Response(JSON.stringify({ items: [], nextCursor: null, ticket: "t" }));
  });
  vi.useFakeTimers();
  vi.resetModules();
  session = await import("./session.ts");
  routes = await import("./route.ts");
  const connected = session.client.connect();
  await vi.advanceTimersByTimeAsync(0);
  FakeSocket.last.opens();
  await connected;
});
afterEach(() => {
  session.client.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("reads all when it connects and twice a minute, and what events do not tell", async () => {
  expect(await readSince(0)).toEqual(LIVE);
  expect(await readSince(30_000)).toEqual(LIVE);
  FakeSocket.last.tell(QUEUES);
  expect(await readSince(0)).toEqual(["/v1/queues/waiting"]);
  FakeSocket.last.tell(AGENT, AGENT);
  expect(await readSince(1_000)).toEqual(["/v1/agents", "/v1/queues/waiting"]);
});

it("reads nothing while nobody sees it, and all when somebody does", async () => {
  await readSince(0);
  seen(false);
  FakeSocket.last.tell(QUEUES, AGENT);
  expect(await readSince(60_000)).toEqual([]);
  seen(true);
  expect(await readSince(0)).toEqual(LIVE);
});

it("reads what happens now for the view that shows it alone", async () => {
  await readSince(0);
  routes.route.value = { view: "figures" };
  FakeSocket.last.tell(QUEUES, AGENT);
  expect(await readSince(60_000)).toEqual([]);
  routes.route.value = { view: "find" };
  expect(await readSince(60_000)).toEqual(["/v1/agents"]);
  routes.route.value = { view: "find", transfer: "t1" };
  expect(await readSince(0)).toEqual([]);
  routes.route.value = {};
  expect(await readSince(0)).toEqual(LIVE);
});
