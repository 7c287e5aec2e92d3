/// <reference types="amazon-connect-streams" />
import { FakeSocket } from "@baton/shared/testing.ts";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Bridge, type BridgeOptions } from "./bridge.ts";

/** One that opens at once, and ends when it is closed. */
class BridgeSide extends FakeSocket {
  static override get last(): BridgeSide {
    return super.last as BridgeSide;
  }
  constructor() {
    super();
    queueMicrotask(() => this.opens());
  }
  override close(): void {
    this.closes();
  }
  refuse(id: unknown, msg: string): void {
    const data = { errorType: "NOT_PERMITTED", msg, errorMessage: "Not permitted." };
    const envelope = { channel: "Amazon", topic: "Error", subtopic: "ApiError" };
    this.tell({ ...envelope, agent: "agent1", data, id });
  }
  command(message: object): void {
    const envelope = { channel: "Amazon", topic: "Bridge", subtopic: "Command" };
    this.tell({ ...envelope, agent: "agent1", message });
  }
  of(subtopic: string): Record<string, unknown>[] {
    const those = this.sent.filter((each) => each["subtopic"] === subtopic);
    return those.map((each) => each["data"] as Record<string, unknown>);
  }
}

class FakeStorage {
  readonly values = new Map<string, string>();
  getItem = (key: string): string | null => this.values.get(key) ?? null;
  setItem = (key: string, value: string): void => void this.values.set(key, value);
}

/** As much of the library as the bridge uses: one agent with one contact, who adds when asked. */
function library() {
  const added: object[] = [];
  const handlers: (() => void)[] = [];
  let state = "Busy";
  let broken = false;
  let accepted = 0;
  let found = (): void => undefined;
  let takenAt: Date | undefined;
  let acknowledged = (): void => undefined;
  const contact = {
    getContactId: () => "c-1",
    getType: () => "voice",
    getState: () => {
      if (broken) throw new Error("Contact c-1 no longer exists.");
      return { type: "connected" };
    },
    getQueue: () => null,
    getConnections: () => [],
    addConnection: (endpoint: object) => void added.push(endpoint),
    accept: ({ success }: { success: () => void }) => (++accepted, success()),
  };
  const agent = {
    getState: () => ({ name: state, type: "system" }),
    getContacts: () => [contact],
    getConfiguration: () => ({ username: "agent1" }),
    getAgentARN: () => "arn",
    _getData: () => ({ snapshot: { snapshotTimestamp: takenAt } }),
    onRefresh: (handler: () => void) => void handlers.push(handler),
    onStateChange: () => undefined,
    onMuteToggle: () => undefined,
  };
  const streams = {
    version: "2.28.1",
    agent: (tell: (each: typeof agent) => void) => {
      found = () => tell(agent);
      found();
    },
    core: {
      onInitialized: () => undefined,
      getUpstream: () => ({
        onUpstream: (_: string, handler: () => void) => void (acknowledged = handler),
      }),
    },
  } as unknown as typeof connect;
  const becomes = (now: string): void => {
    state = now;
    for (const handler of handlers) handler();
  };
  const refreshed = (now: number): void => {
    takenAt = new Date(now);
    for (const handler of handlers) handler();
  };
  const breaks = (now: boolean): void => void (broken = now);
  return {
    streams,
    added,
    accepted: () => accepted,
    becomes,
    refreshed,
    breaks,
    acknowledges: () => acknowledged(),
    /** The library tells of its agent again. */
    found: () => found(),
  };
}

const storage = new FakeStorage();
let lib = library();

async function start(more: BridgeOptions = {}): Promise<Bridge> {
  const bridge = new Bridge({
    ...more,
    streams: lib.streams,
    url: "http://baton.test",
    ticket: async () => "t",
    storage,
    libraryVersion: "2.28.2",
  });
  await bridge.start();
  await vi.waitFor(() => expect(BridgeSide.last.of("Hello")).toHaveLength(1));
  return bridge;
}

const at = (): string => new Date().toISOString();
const add = (more: object = {}): object => ({
  command: 7,
  epoch: 1,
  action: "addConnection",
  at: at(),
  deadlineMs: 10_000,
  contactId: "c-1",
  endpoint: { type: "phone_number", phoneNumber: "+12082097345" },
  ...more,
});

beforeEach(() => {
  lib = library();
  storage.values.clear();
  vi.stubGlobal("WebSocket", BridgeSide);
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test("it says who reports, and is silent without the lease", async () => {
  const bridge = await start();
  expect(BridgeSide.last.of("Hello")[0]).toMatchObject({ library: "2.28.2", username: "agent1" });
  lib.becomes("Available");
  BridgeSide.last.command(add());
  await Promise.resolve();
  expect(BridgeSide.last.of("Snapshot")).toEqual([]);
  expect(lib.added).toEqual([]);
  expect(bridge.state).toBe("standby");
  bridge.stop();
});

test("with the lease it reports at once, and each change once", async () => {
  const bridge = await start();
  BridgeSide.last.command({ command: 0, epoch: 1, action: "lease", at: at() });
  expect(BridgeSide.last.of("Snapshot")).toHaveLength(1);
  expect(BridgeSide.last.of("Snapshot")[0]).toMatchObject({ epoch: 1, agent: { state: "Busy" } });
  lib.becomes("Busy");
  await Promise.resolve();
  expect(BridgeSide.last.of("Snapshot")).toHaveLength(1);
  lib.becomes("AfterCallWork");
  await Promise.resolve();
  expect(BridgeSide.last.of("Snapshot")).toHaveLength(2);
  BridgeSide.last.command({ command: 0, epoch: 1, action: "report", at: at() });
  expect(BridgeSide.last.of("Snapshot")).toHaveLength(3);
  expect(bridge.state).toBe("active");
  bridge.stop();
});

test("after a lease each newer picture is told for a while, changed or not", async () => {
  lib.refreshed(1_000);
  const bridge = await start();
  vi.useFakeTimers();
  BridgeSide.last.command({ command: 0, epoch: 1, action: "lease", at: at() });
  const told = (): unknown[] => BridgeSide.last.of("Snapshot").map((each) => each["takenAtMs"]);
  const refreshed = async (now: number): Promise<void> => {
    lib.refreshed(now);
    await Promise.resolve();
  };
  await refreshed(2_000);
  await refreshed(2_000);
  expect(told()).toEqual([1_000, 2_000]);
  vi.advanceTimersByTime(10_000);
  await refreshed(3_000);
  await refreshed(4_000);
  expect(told()).toEqual([1_000, 2_000, 3_000]);
  bridge.stop();
});

test("a command is handed over once, by this page and by the next", async () => {
  const bridge = await start();
  BridgeSide.last.command({ command: 0, epoch: 1, action: "lease", at: at() });
  const command = add();
  BridgeSide.last.command(command);
  BridgeSide.last.command(command);
  expect(lib.added).toHaveLength(1);
  bridge.stop();
  const next = await start();
  BridgeSide.last.command({ command: 0, epoch: 1, action: "lease", at: at() });
  BridgeSide.last.command(command);
  expect(lib.added).toHaveLength(1);
  await vi.waitFor(() =>
    expect(BridgeSide.last.of("Result")[0]).toMatchObject({
      ok: false,
      error: { name: "AlreadyDone" },
    }),
  );
  next.stop();
});

test("its Hello says that it has a client of the SDK, which is asked once, by this page and by the next", async () => {
  const asked: unknown[] = [];
  const contactClient = { transfer: async (...of: unknown[]) => void asked.push(of) };
  const endpoint = { type: "queue", endpointARN: "arn:1", name: "Sales" };
  const command = add({ action: "coldTransfer", endpoint });
  for (const more of [{ contactClient }, { contactClient }, {}]) {
    const bridge = await start(more);
    expect(BridgeSide.last.of("Hello")[0]).toMatchObject({ coldTransfer: "contactClient" in more });
    BridgeSide.last.command({ command: 0, epoch: 1, action: "lease", at: at() });
    BridgeSide.last.command(command);
    BridgeSide.last.command(command);
    bridge.stop();
  }
  expect(asked).toEqual([["c-1", endpoint]]);
  expect(lib.added).toEqual([]);
});

test("what is of another lease, or too late, is not done", async () => {
  const bridge = await start();
  BridgeSide.last.command({ command: 0, epoch: 1, action: "lease", at: at() });
  BridgeSide.last.command(add({ epoch: 2 }));
  BridgeSide.last.command(add({ at: new Date(Date.now() - 11_000).toISOString() }));
  expect(lib.added).toEqual([]);
  expect(BridgeSide.last.of("Result")).toMatchObject([{ ok: false, error: { name: "Expired" } }]);
  bridge.stop();
});

test("a PC's clock that is set costs a new lease, and no command", async () => {
  vi.useFakeTimers({ toFake: ["Date", "performance"] });
  const bridge = await start();
  const server = Date.now();
  const first = BridgeSide.last;
  const sentAt = (since: number): object => ({
    action: "accept",
    at: new Date(server + since).toISOString(),
    deadlineMs: 10_000,
    contactId: "c-1",
  });
  first.command({ command: 0, epoch: 1, action: "lease", at: at() });
  vi.setSystemTime(server + 60_000);
  await vi.waitFor(() => expect(BridgeSide.last).not.toBe(first), { timeout: 5_000 });
  const lease = { command: 0, epoch: 2, action: "lease", at: new Date(server).toISOString() };
  await vi.waitFor(() => expect(BridgeSide.last.of("Hello")).toHaveLength(1));
  BridgeSide.last.command(lease);
  BridgeSide.last.command({ ...sentAt(1_000), command: 7, epoch: 2 });
  await vi.waitFor(() =>
    expect(BridgeSide.last.of("Result")).toMatchObject([{ command: 7, ok: true }]),
  );
  expect(lib.accepted()).toBe(1);
  bridge.stop();
});

test("a command that came while the PC slept is not done late", async () => {
  vi.useFakeTimers({ toFake: ["Date", "performance"] });
  const bridge = await start();
  const server = Date.now();
  const accept = { epoch: 1, action: "accept", deadlineMs: 10_000, contactId: "c-1" };
  BridgeSide.last.command({ command: 0, epoch: 1, action: "lease", at: at() });
  // performance.now() stands still meanwhile.
  vi.setSystemTime(server + 20_000);
  const socket = BridgeSide.last;
  socket.command({ ...accept, command: 7, at: new Date(server + 1_000).toISOString() });
  expect(socket.of("Result")).toMatchObject([{ command: 7, error: { name: "Expired" } }]);
  expect(lib.accepted()).toBe(0);
  bridge.stop();
});

test("a PC's clock that is set back makes nothing timely that is too late", async () => {
  vi.useFakeTimers({ toFake: ["Date", "performance"] });
  const bridge = await start();
  const server = Date.now();
  const accept = { epoch: 1, action: "accept", deadlineMs: 10_000, contactId: "c-1" };
  BridgeSide.last.command({ command: 0, epoch: 1, action: "lease", at: at() });
  vi.advanceTimersByTime(20_000);
  vi.setSystemTime(server);
  const socket = BridgeSide.last;
  socket.command({ ...accept, command: 8, at: new Date(server + 9_000).toISOString() });
  expect(socket.of("Result")).toMatchObject([{ command: 8, error: { name: "Expired" } }]);
  expect(lib.accepted()).toBe(0);
  bridge.stop();
});

test("a Hello that is refused is said again, and the page tells why nobody acts", async () => {
  vi.useFakeTimers({ toFake: ["Date", "performance", "setTimeout", "clearTimeout"] });
  const states: unknown[] = [];
  const bridge = await start({ onState: (...told) => states.push(told) });
  const hellos = () => BridgeSide.last.sent.filter(({ subtopic }) => subtopic === "Hello");
  states.length = 0;
  const full = "agent: 'agent1' has 8 bridges connected, which is the limit";
  BridgeSide.last.refuse("of something else", full);
  expect(bridge.state).toBe("standby");
  BridgeSide.last.refuse(hellos()[0]?.id, full);
  expect(bridge.state).toBe("refused");
  lib.found();
  expect(hellos()).toHaveLength(1);
  vi.advanceTimersByTime(10_000);
  expect(hellos()).toHaveLength(2);
  BridgeSide.last.refuse(hellos()[1]?.id, full);
  vi.advanceTimersByTime(10_000);
  expect(hellos()).toHaveLength(3);
  expect(states).toEqual([["refused", full]]);
  // What is taken is not answered.
  vi.advanceTimersByTime(5_000);
  expect(bridge.state).toBe("standby");
  vi.advanceTimersByTime(60_000);
  expect(hellos()).toHaveLength(3);
  bridge.stop();
});

test("the lease ends a refusal, and a new connection begins without it", async () => {
  vi.useFakeTimers({ toFake: ["Date", "performance", "setTimeout", "clearTimeout"] });
  const bridge = await start();
  const hellos = () => BridgeSide.last.sent.filter(({ subtopic }) => subtopic === "Hello");
  BridgeSide.last.refuse(hellos()[0]?.id, "no");
  vi.advanceTimersByTime(10_000);
  BridgeSide.last.command({ command: 0, epoch: 1, action: "lease", at: at() });
  expect(bridge.state).toBe("active");
  const before = BridgeSide.last;
  BridgeSide.last.refuse(hellos()[0]?.id, "no");
  before.close();
  await vi.advanceTimersByTimeAsync(250);
  expect(BridgeSide.last).not.toBe(before);
  await vi.waitFor(() => expect(bridge.state).toBe("standby"));
  vi.advanceTimersByTime(60_000);
  expect(hellos()).toHaveLength(1);
  bridge.stop();
});

test("a contact that is not there is told as such", async () => {
  const bridge = await start();
  BridgeSide.last.command({ command: 0, epoch: 1, action: "lease", at: at() });
  BridgeSide.last.command(add({ contactId: "c-2" }));
  await vi.waitFor(() =>
    expect(BridgeSide.last.of("Result")).toMatchObject([
      { ok: false, error: { name: "NoContact" } },
    ]),
  );
  bridge.stop();
});

test("a refresh says that the frame answers, though the timer of a hidden tab is late", async () => {
  const bridge = await start();
  vi.useFakeTimers({ now: Date.now(), toFake: ["Date", "performance"] });
  BridgeSide.last.command({ command: 0, epoch: 1, action: "lease", at: at() });
  vi.advanceTimersByTime(60_000);
  BridgeSide.last.command({ command: 0, epoch: 1, action: "report", at: at() });
  lib.becomes("AfterCallWork");
  await Promise.resolve();
  vi.advanceTimersByTime(4_999);
  BridgeSide.last.command({ command: 0, epoch: 1, action: "report", at: at() });
  vi.advanceTimersByTime(1);
  BridgeSide.last.command({ command: 0, epoch: 1, action: "report", at: at() });
  lib.acknowledges();
  BridgeSide.last.command({ command: 0, epoch: 1, action: "report", at: at() });
  expect(BridgeSide.last.of("Snapshot").map((each) => each["alive"])).toEqual([
    true,
    false,
    true,
    true,
    false,
    true,
  ]);
  bridge.stop();
});

test("it reports that the frame has fallen silent, and that it answers again", async () => {
  vi.useFakeTimers({ toFake: ["Date", "performance", "setInterval", "clearInterval"] });
  const bridge = await start();
  BridgeSide.last.command({ command: 0, epoch: 1, action: "lease", at: at() });
  await vi.advanceTimersByTimeAsync(7_000);
  expect(BridgeSide.last.of("Snapshot").map((each) => each["alive"])).toEqual([true, false]);
  lib.acknowledges();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(BridgeSide.last.of("Snapshot").map((each) => each["alive"])).toEqual([true, false, true]);
  bridge.stop();
});

test("what cannot be read is not reported as if it had ended, but as soon as it can", async () => {
  vi.useFakeTimers({ toFake: ["Date", "performance", "setInterval", "clearInterval"] });
  const bridge = await start();
  BridgeSide.last.command({ command: 0, epoch: 1, action: "lease", at: at() });
  lib.breaks(true);
  lib.becomes("AfterCallWork");
  await vi.advanceTimersByTimeAsync(2_000);
  BridgeSide.last.command({ command: 0, epoch: 1, action: "report", at: at() });
  expect(BridgeSide.last.of("Snapshot")).toHaveLength(1);
  lib.becomes("Busy"); // As it was reported last; but a report was asked for.
  await Promise.resolve();
  lib.breaks(false);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(BridgeSide.last.of("Snapshot")).toHaveLength(2);
  expect(BridgeSide.last.of("Snapshot")[1]).toMatchObject({
    agent: { state: "Busy" },
    contacts: [{ contactId: "c-1", state: "connected" }],
  });
  bridge.stop();
});
