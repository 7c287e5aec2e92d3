import { FakeSocket } from "@baton/shared/testing.ts";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Desk } from "./desk.ts";
import { Page, type View } from "./page.ts";
import type { SignInPrompt } from "./sign_in.ts";
import type { BatonEvent } from "./state.ts";
import type { Snapshot } from "./streams.ts";
import {
  agentEvent,
  AT,
  AVAILABLE,
  callAfter,
  CHOICES,
  CONNECTED,
  CONTACT,
  INFO,
  transferEvent,
} from "./testing.ts";
import { LAST_WAIT } from "./retry.ts";

type Listener = (event: object) => void;

const ORIGIN = "https://baton.example";
const listeners = new Set<Listener>();
const host = { postMessage: vi.fn() };
const view = {
  show: vi.fn(),
  signIn: vi.fn<(prompt: SignInPrompt) => void>(),
  signOutRefused: vi.fn(),
} satisfies View;
/** What was asked: "/v1/messages Agent/Login id". */
let asked: string[] = [];
/** The last request's body, by what was asked. */
let bodies: Record<string, unknown> = {};
/** What the next request to a path is answered with, before it is answered well. */
let statuses: Record<string, number[]> = {};
let transfers: unknown[] = [];

async function answer(path: string, init?: RequestInit): Promise<Response> {
  const body = (init?.body ? JSON.parse(String(init.body)) : {}) as Record<string, string>;
  const what = body["topic"] ? `${body["topic"]}/${body["subtopic"]}` : path;
  bodies[what] = body;
  asked.push(body["id"] ? `${what} ${body["id"]}` : what);
  const status = statuses[what]?.shift() ?? 200;
  if (status !== 200) return new Response(JSON.stringify({ msg: "no" }), { status });
  const items = path.includes("transfers") ? transfers : [];
  const message = what === "Agent/GetStates" ? CHOICES.states : [];
  return new Response(JSON.stringify({ message, items }), { status });
}

const count = (what: string): number => asked.filter((each) => each.startsWith(what)).length;
const passes = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

const popUp = { postMessage: vi.fn() };

/** What the sign-in's pop-up does. */
async function offerTicket(): Promise<void> {
  const data = { baton: "sign-in", ticket: "t", login: INFO.loginName };
  for (const each of [...listeners]) each({ origin: ORIGIN, source: popUp, data });
  await passes();
}

/** What the pop-up was told since the last time. */
function popUpToldOf(): unknown[] {
  const told = popUp.postMessage.mock.calls.map(([message]) => message as unknown);
  popUp.postMessage.mockClear();
  return told;
}

async function started(): Promise<Page> {
  const page = new Page(host as unknown as Window, ["https://desk.example"], view);
  await page.start();
  return page;
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  [asked, bodies, statuses, transfers] = [[], {}, {}, []];
  listeners.clear();
  FakeSocket.all = [];
  vi.stubGlobal("WebSocket", FakeSocket);
  vi.stubGlobal("location", new URL(`${ORIGIN}/ccp-v2/`));
  vi.stubGlobal("fetch", answer);
  vi.stubGlobal("BroadcastChannel", class {});
  vi.stubGlobal("window", {
    addEventListener: (_: string, listener: Listener) => listeners.add(listener),
    removeEventListener: (_: string, listener: Listener) => listeners.delete(listener),
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  vi.clearAllMocks();
});

it("asks once for a sign-in, in whatever ways it finds out that there is none", async () => {
  const page = await started();
  const before = listeners.size;
  statuses["/ccp-v2/v1/logout"] = [200, 401];
  const both = [page.signOut(), page.signOut()];
  FakeSocket.last.closes(4401);
  await Promise.all(both);
  expect(view.signIn).toHaveBeenCalledTimes(1);
  expect(listeners.size).toBe(before + 1);
  await offerTicket();
  expect(count("/ccp-v2/v1/session")).toBe(1);
  expect(FakeSocket.all).toHaveLength(2);
  expect(listeners.size).toBe(before);
  // The next sign-out asks again.
  FakeSocket.last.closes(4401);
  expect(view.signIn).toHaveBeenCalledTimes(2);
});

it("does not sign out where Baton could not", async () => {
  const page = await started();
  statuses["/ccp-v2/v1/logout"] = [503];
  await page.signOut();
  expect(view.signOutRefused).toHaveBeenCalledExactlyOnceWith("No");
  expect(view.signIn).not.toHaveBeenCalled();
});

it("tells what Baton says of a sign-out also where it ended the session all the same", async () => {
  const page = await started();
  statuses["/ccp-v2/v1/logout"] = [503];
  const ended = page.signOut();
  FakeSocket.last.closes(4401);
  await ended;
  expect(view.signIn).toHaveBeenCalledTimes(1);
  expect(view.signOutRefused).toHaveBeenCalledExactlyOnceWith("No");
});

it("asks again for a sign-in where it cannot go on after one", async () => {
  statuses["Agent/GetStates"] = [401, 403];
  await started();
  expect(view.signIn).toHaveBeenCalledTimes(1);
  await offerTicket();
  expect(view.signIn).toHaveBeenCalledTimes(2);
  await offerTicket();
  expect(view.signIn).toHaveBeenCalledTimes(2);
  expect(FakeSocket.all).toHaveLength(1);
});

it("tells the pop-up that a ticket is used, and of nothing that leaves it good", async () => {
  statuses["Agent/GetStates"] = [401];
  await started();
  statuses["/ccp-v2/v1/session"] = [503, 429, 401];
  await offerTicket();
  await offerTicket();
  expect(popUpToldOf()).toEqual([]);
  await offerTicket();
  expect(popUpToldOf()).toEqual([{ baton: "ticket-refused", ticket: "t" }]);
  await offerTicket();
  expect(popUpToldOf()).toEqual([{ baton: "signed-in" }]);
});

it("thanks for the session that it has, though another frame took it", async () => {
  await started();
  FakeSocket.last.tell(...AVAILABLE);
  await offerTicket();
  expect(popUpToldOf()).toEqual([{ baton: "signed-in" }]);
  FakeSocket.last.tell({
    ...AVAILABLE[0]!,
    message: {
      data: { ...INFO, loginName: "agent2" },
      rules: { ResponseActual: { name: "Available", type: "routable", startTimestamp: AT } },
    },
  } as BatonEvent);
  await offerTicket();
  expect(popUpToldOf()).toEqual([]);
});

it("starts once Baton is there", async () => {
  statuses["Agent/GetStates"] = [503, 429];
  const start = started();
  await passes(LAST_WAIT);
  await start;
  expect(FakeSocket.all).toHaveLength(1);
  expect(view.signIn).not.toHaveBeenCalled();
});

it("does not start for whoever has signed out meanwhile", async () => {
  statuses["Agent/GetStates"] = [503];
  const page = new Page(host as unknown as Window, ["https://desk.example"], view);
  const start = page.start();
  await page.signOut();
  await offerTicket();
  await passes(LAST_WAIT);
  await start;
  expect(FakeSocket.all).toHaveLength(1);
});

const { agentLeg, customerLeg } = callAfter(CONNECTED);
const LEGS = [agentLeg, customerLeg];
const NOBODY: BatonEvent = {
  topic: "Agent",
  subtopic: "StateSync",
  message: { agentInfo: null, agentState: null },
};

it("signs the agent in when Baton takes it, by one request", async () => {
  statuses["Agent/Login"] = [503, 429];
  await started();
  FakeSocket.last.tell(NOBODY);
  await passes(LAST_WAIT);
  expect(count("Agent/Login")).toBe(3);
  expect(new Set(asked.filter((each) => each.startsWith("Agent/Login"))).size).toBe(1);
  await passes(LAST_WAIT);
  expect(count("Agent/Login")).toBe(3);
});

it("does not sign in an agent who is so already", async () => {
  statuses["Agent/Login"] = [503, 503];
  await started();
  FakeSocket.last.tell(NOBODY);
  await passes();
  FakeSocket.last.tell(agentEvent("Offline", "offline"));
  await passes(LAST_WAIT);
  expect(count("Agent/Login")).toBe(1);
});

it("does not sign in an agent who has signed out here", async () => {
  statuses["Agent/Login"] = [503, 503];
  const page = await started();
  FakeSocket.last.tell(NOBODY);
  await passes();
  await page.signOut();
  await passes(LAST_WAIT);
  expect(count("Agent/Login")).toBe(1);
});

it("leaves an agent alone who ended work while the page was open", async () => {
  await started();
  const there: BatonEvent = {
    topic: "Agent",
    subtopic: "StateSync",
    message: {
      agentInfo: INFO,
      agentState: { name: "Break", type: "not_routable", startTimestamp: AT },
    },
  };
  // After a restart of Baton the whole state is told anew.
  FakeSocket.last.tell(there, { topic: "Agent", subtopic: "LogoutSuccess" }, NOBODY);
  await passes(LAST_WAIT);
  expect(count("Agent/Login")).toBe(0);
});

/** The page has signed the agent in, and is told so as Baton does: with the state from before his last Logout. */
async function signedInAs(
  ...state: Parameters<typeof agentEvent>
): Promise<{ shown: () => string[] }> {
  await started();
  FakeSocket.last.tell(NOBODY);
  await passes();
  const id = asked.find((each) => each.startsWith("Agent/Login"))?.split(" ")[1];
  host.postMessage.mockClear();
  FakeSocket.last.tell({ ...agentEvent(...state), id: id! });
  await passes();
  const shown = (): string[] =>
    host.postMessage.mock.calls
      .map(([message]) => message as { event: string; data: { snapshot: Snapshot } })
      .filter(({ event }) => event === "agent::update")
      .map(({ data }) => data.snapshot.state.name);
  return { shown };
}

it("takes an agent offline whom it signed in, and tells the library nothing before", async () => {
  const { shown } = await signedInAs("Available", "routable");
  expect(count("Agent/UpdateState")).toBe(1);
  expect(bodies["Agent/UpdateState"]).toMatchObject({ data: { type: "offline" } });
  expect(shown()).toEqual([]);
  const id = asked.find((each) => each.startsWith("Agent/UpdateState"))?.split(" ")[1];
  FakeSocket.last.tell({ ...agentEvent("Offline", "offline"), id: id! });
  expect(shown()).toEqual(["Offline"]);
});

it("shows what the agent is doing in words, and a state of the directory by its name", async () => {
  await started();
  FakeSocket.last.tell(...AVAILABLE);
  expect(view.show).toHaveBeenLastCalledWith(INFO.name, "Available", expect.anything());
  FakeSocket.last.tell(...CONNECTED);
  expect(view.show).toHaveBeenLastCalledWith(INFO.name, "In a call", expect.anything());
});

it("shows the agent as he is where Baton does not take him offline", async () => {
  statuses["Agent/UpdateState"] = [409];
  const { shown } = await signedInAs("Available", "routable");
  expect(shown()).toEqual(["Available"]);
});

it("asks for nothing where the Login has left the agent offline", async () => {
  const { shown } = await signedInAs("Offline", "offline");
  expect(count("Agent/UpdateState")).toBe(0);
  expect(shown()).toEqual(["Offline"]);
});

it("leaves an agent in his state whom another page signed in meanwhile", async () => {
  await started();
  FakeSocket.last.tell(NOBODY);
  FakeSocket.last.tell({ ...agentEvent("Available", "routable"), id: "another page's" });
  await passes();
  expect(count("Agent/UpdateState")).toBe(0);
});

it("asks for a sign-in where the one for the agent is refused as nobody's", async () => {
  statuses["Agent/Login"] = [401];
  await started();
  FakeSocket.last.tell(NOBODY);
  await passes();
  expect(view.signIn).toHaveBeenCalledTimes(1);
});

it("finds the transfer that is running, though not at the first time of asking", async () => {
  const path = `/ccp-v2/v1/transfers?contactId=${CONTACT}`;
  statuses[path] = [503];
  transfers = [transferEvent("dialing").message];
  await started();
  const message = { attributes: [], queueName: null, queueTimestamp: null, calls: LEGS };
  FakeSocket.last.tell(...AVAILABLE, { topic: "InboundCall", subtopic: "StateSync", message });
  await passes(LAST_WAIT);
  expect(count(path)).toBe(2);
});

it("takes what the records say of a transfer whose events are past", async () => {
  await started();
  const message = { attributes: [], queueName: null, queueTimestamp: null, calls: LEGS };
  const sync: BatonEvent = { topic: "InboundCall", subtopic: "StateSync", message };
  const taken = vi.spyOn(Desk.prototype, "takeTransfer");
  FakeSocket.last.tell(...AVAILABLE, sync, transferEvent("alerting"));
  const failed = transferEvent("failed").message;
  transfers = [failed];
  await passes();
  expect(taken).not.toHaveBeenCalled(); // What events told since is newer.
  FakeSocket.last.tell(sync);
  await passes(LAST_WAIT);
  expect(taken).toHaveBeenCalledExactlyOnceWith(failed);
});
