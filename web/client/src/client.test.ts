import { FakeSocket } from "@baton/shared/testing.ts";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { attachBus } from "./bus.ts";
import { BatonClient, type ClientOptions, type RunningTransfer } from "./client.ts";
import { BatonError, BatonUnreachable } from "./error.ts";
import type { Transfer } from "./messages.ts";

/** The server's end of HTTP. */
class FakeServer {
  asked: { method: string; path: string; body: Record<string, unknown> | undefined }[] = [];
  /** Answers in turn; the last one again and again. Nothing: no connection. */
  answers: Record<string, ([number, unknown] | undefined)[]> = {
    "POST /v1/ws-tickets": [[200, { ticket: "t", expiresInSeconds: 30 }]],
    "POST /v1/messages": [[202, { id: "x", accepted: true }]],
  };

  readonly fetch = ((url: string, init: RequestInit): Promise<Response> => {
    const path = url.replace("http://baton.test", "");
    const method = init.method ?? "GET";
    this.asked.push({ method, path, body: init.body ? JSON.parse(String(init.body)) : undefined });
    const answers = this.answers[`${method} ${path}`] ?? [];
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    if (!answer) return Promise.reject(new TypeError("no connection"));
    const body = answer[1] === undefined ? null : JSON.stringify(answer[1]);
    return Promise.resolve(new Response(body, { status: answer[0] }));
  }) as typeof fetch;
}

const turns = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

const FENCE = /^fence-[0-9a-f]{32}$/;
const refusal = (data: object, id: unknown, agent = "agent1"): object => ({
  topic: "Error",
  subtopic: "ApiError",
  data: { msg: "no", errorMessage: "No.", ...data },
  id,
  agent,
});

const transferEvent = (state: string, sequence?: number): object => ({
  topic: "InboundCall",
  subtopic: "TransferStateChange",
  message: { transferId: "tr1", contactId: "c1", state, custody: "agent" } as unknown as Transfer,
  agent: "agent1",
  epoch: "e1",
  ...(sequence === undefined ? {} : { sequence }),
});

describe("BatonClient", () => {
  let server: FakeServer;
  let clients: BatonClient[];

  const make = (options: Partial<ClientOptions> = {}): BatonClient => {
    const client = new BatonClient({
      source: "test",
      url: "http://baton.test/",
      fetch: server.fetch,
      WebSocket: FakeSocket as unknown as typeof WebSocket,
      ...options,
    });
    clients.push(client);
    return client;
  };
  const connected = async (options: Partial<ClientOptions> = {}): Promise<BatonClient> => {
    const client = make(options);
    const done = client.connect();
    await turns();
    FakeSocket.last.opens();
    await done;
    return client;
  };

  beforeEach(() => {
    vi.useFakeTimers();
    FakeSocket.all = [];
    server = new FakeServer();
    clients = [];
  });
  afterEach(() => {
    for (const client of clients) client.close();
    vi.useRealTimers();
  });

  it("connects with a ticket and asks for the whole state", async () => {
    const client = await connected({ token: () => Promise.resolve("jwt") });
    expect(client.state).toBe("open");
    expect(FakeSocket.last.url).toBe("ws://baton.test/v1/ws?epoch=none&after=0");
    expect(FakeSocket.last.protocols).toEqual(["baton.v1", "baton.ticket.t"]);
  });

  it("waits for statistics that wait for others, longer than for other reads", async () => {
    vi.spyOn(AbortSignal, "timeout").mockImplementation((ms) => {
      const abort = new AbortController();
      setTimeout(() => abort.abort(), ms);
      return abort.signal;
    });
    const slow = ((_: string, { signal }: RequestInit) =>
      new Promise((resolve, reject) => {
        setTimeout(() => resolve(new Response('{"total":1}')), 70_000);
        signal?.addEventListener("abort", () => reject(new Error("aborted")));
      })) as typeof fetch;
    const client = make({ fetch: slow });
    const statistics = client.statistics().catch((error: unknown) => error);
    const other = client.get("/v1/queues").catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(70_000);
    expect(await statistics).toEqual({ total: 1 });
    expect(await other).toBeInstanceOf(BatonUnreachable);
    vi.restoreAllMocks();
  });

  it("gets transfers as a CSV file, and is told where it was cut", async () => {
    const client = make();
    const answered: string[] = [];
    const told = { "Baton-Rows": "2", "Baton-Total": "5" };
    const csv = make({
      fetch: ((url: string) => {
        answered.push(url);
        return Promise.resolve(new Response("transferId\r\na\r\nb\r\n", { headers: told }));
      }) as typeof fetch,
    });
    const { file, rows, total } = await csv.transfersCsv({ agent: "a&b" });
    expect(answered).toEqual(["http://baton.test/v1/transfers?agent=a%26b&format=csv"]);
    expect(await file.text()).toBe("transferId\r\na\r\nb\r\n");
    expect([rows, total]).toEqual([2, 5]);
    const busy = {
      errorType: "NOT_PERMITTED",
      msg: "8 are being made",
      errorMessage: "Not permitted.",
      reason: "backendUnavailable",
    };
    server.answers["GET /v1/transfers?format=csv"] = [[503, busy], undefined];
    await expect(client.transfersCsv()).rejects.toMatchObject({ status: 503, data: busy });
    await expect(client.transfersCsv()).rejects.toBeInstanceOf(BatonUnreachable);
  });

  it("tells a caller whom the server does not know", async () => {
    const refusal = { errorType: "NOT_PERMITTED", msg: "not signed in", errorMessage: "no" };
    server.answers["POST /v1/ws-tickets"] = [[401, refusal]];
    const client = make();
    await expect(client.connect()).rejects.toMatchObject({ status: 401, message: "not signed in" });
    expect(client.state).toBe("signedOut");
  });

  it("comes back by itself and asks for what it missed", async () => {
    const client = await connected();
    const states: string[] = [];
    client.onConnection((state) => states.push(state));
    FakeSocket.last.tell(transferEvent("dialing", 4));
    FakeSocket.last.closes();
    expect(states).toEqual(["open", "connecting"]);
    await vi.advanceTimersByTimeAsync(250);
    expect(FakeSocket.all).toHaveLength(2);
    expect(FakeSocket.last.url).toBe("ws://baton.test/v1/ws?epoch=e1&after=4");
    FakeSocket.last.opens();
    expect(states).toEqual(["open", "connecting", "open"]);
  });

  it("asks for the whole state again where the connection died between its syncs", async () => {
    await connected();
    const sync = (topic: string): void =>
      FakeSocket.last.tell({
        topic,
        subtopic: "StateSync",
        message: {},
        agent: "agent1",
        epoch: "e1",
        sequence: 7,
      });
    sync("App");
    FakeSocket.last.closes();
    await vi.advanceTimersByTimeAsync(250);
    expect(FakeSocket.last.url).toBe("ws://baton.test/v1/ws?epoch=none&after=0");
    FakeSocket.last.opens();
    for (const topic of ["App", "Agent", "InboundCall"]) sync(topic);
    FakeSocket.last.closes();
    await vi.advanceTimersByTimeAsync(250);
    expect(FakeSocket.last.url).toBe("ws://baton.test/v1/ws?epoch=e1&after=7");
  });

  it("stays signed out when the server says so", async () => {
    const client = await connected();
    FakeSocket.last.closes(4401, "the account was disabled");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(client.state).toBe("signedOut");
    expect(FakeSocket.all).toHaveLength(1);
  });

  it("connects again at once after a gap, from before it", async () => {
    const client = await connected();
    const seen: unknown[] = [];
    client.subscribe("InboundCall/TransferStateChange", (event) => seen.push(event.sequence));
    FakeSocket.last.tell(transferEvent("dialing", 4));
    FakeSocket.last.tell(transferEvent("connected", 6));
    await turns();
    expect(seen).toEqual([4]);
    expect(FakeSocket.last.url).toBe("ws://baton.test/v1/ws?epoch=e1&after=4");
  });

  it("looks after a silence whether the server is still there", async () => {
    await connected({ silenceMs: 1_000 });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(FakeSocket.last.sent).toMatchObject([{ topic: "App", subtopic: "StateSync" }]);
    await vi.advanceTimersByTimeAsync(5_000 + 250);
    expect(FakeSocket.all).toHaveLength(2);
  });

  it("tells events by topic, and a handler that throws disturbs no other", async () => {
    const client = await connected();
    const seen: string[] = [];
    const thrown: unknown[] = [];
    const catcher = (error: unknown): void => void thrown.push(error);
    process.on("uncaughtException", catcher);
    client.subscribe("InboundCall", () => {
      throw new Error("in the page");
    });
    client.subscribe("InboundCall", (event) => seen.push(`topic ${event.subtopic}`));
    client.subscribe("Agent", () => seen.push("never"));
    const end = client.subscribe("*", () => seen.push("all"));
    FakeSocket.last.tell(transferEvent("dialing", 4));
    end();
    FakeSocket.last.tell(transferEvent("alerting", 5));
    await turns();
    expect(seen).toEqual(["topic TransferStateChange", "all", "topic TransferStateChange"]);
    process.off("uncaughtException", catcher);
    expect(thrown).toHaveLength(2);
  });

  it("sends a request again under the same id until there is an answer", async () => {
    server.answers["POST /v1/messages"] = [
      undefined,
      undefined,
      [202, { id: "r", accepted: true }],
    ];
    const client = make();
    const reply = client.publish({ topic: "InboundCall", subtopic: "Hold" });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await reply).toEqual({ id: "r", accepted: true });
    const ids = server.asked.map(({ body }) => body?.id);
    expect(ids).toHaveLength(3);
    expect(new Set(ids).size).toBe(1);
    expect(server.asked[0]?.body).toMatchObject({ channel: "Amazon", source: "test" });
  });

  it("gives a request an id also where an empty one stands", async () => {
    const client = make();
    await client.publish({ topic: "InboundCall", subtopic: "Hold", id: undefined } as never);
    await client.publish({ topic: "InboundCall", subtopic: "Hold", id: null } as never);
    for (const { body } of server.asked) expect(body?.id).toMatch(/^[0-9a-f]{32}$/);
    expect(server.asked).toHaveLength(2);
  });

  it("takes what a proxy says of a server that is away for no answer, and asks again", async () => {
    server.answers["POST /v1/messages"] = [
      [502, "<h1>Bad gateway</h1>"],
      [202, { id: "r", accepted: true }],
    ];
    const reply = make().publish({ topic: "InboundCall", subtopic: "Hold" });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await reply).toEqual({ id: "r", accepted: true });
    expect(server.asked[0]?.body?.id).toBe(server.asked[1]?.body?.id);
  });

  it("tries again where a connection does not open in time", async () => {
    const client = make({ requestTimeoutMs: 3_000 });
    client.connect().catch(() => undefined);
    await vi.advanceTimersByTimeAsync(2_999);
    expect(FakeSocket.all).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1 + 250);
    expect(FakeSocket.all).toHaveLength(2);
    expect(FakeSocket.all[0]?.closed).toBe(true);
  });

  it("gives up in the end, and says that it does not know", async () => {
    server.answers["POST /v1/messages"] = [];
    const client = make({ requestTimeoutMs: 3_000 });
    const reply = expect(
      client.publish({ topic: "InboundCall", subtopic: "Hold" }),
    ).rejects.toBeInstanceOf(BatonUnreachable);
    await vi.advanceTimersByTimeAsync(3_000);
    await reply;
  });

  it("throws a refusal as what it is", async () => {
    const data = { errorType: "HOLD_CALL_FAILED", msg: "no call", reason: "noActiveCall" };
    server.answers["POST /v1/messages"] = [[409, { topic: "Error", subtopic: "ApiError", data }]];
    const refused = await make()
      .publish({ topic: "InboundCall", subtopic: "Hold" })
      .catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(BatonError);
    expect(refused).toMatchObject({ errorType: "HOLD_CALL_FAILED", reason: "noActiveCall" });
    expect(server.asked).toHaveLength(1);
  });

  it("waits for a transfer's outcome", async () => {
    server.answers["POST /v1/messages"] = [[202, { id: "x", accepted: true, transferId: "tr1" }]];
    const client = await connected();
    const running = client.transfer("+12082097345", { note: "hello" });
    await turns();
    const { transferId, outcome } = await running;
    expect(transferId).toBe("tr1");
    expect(server.asked.find(({ path }) => path === "/v1/messages")?.body).toMatchObject({
      subtopic: "BlindTransfer",
      data: "+12082097345",
      options: { note: "hello" },
    });
    FakeSocket.last.tell(transferEvent("alerting", 1));
    FakeSocket.last.tell(transferEvent("connected", 2));
    expect((await outcome).state).toBe("connected");
    expect((await client.outcome("tr1")).state).toBe("connected");
  });

  it("reads an outcome that was missed from the record", async () => {
    server.answers["GET /v1/transfers/tr1"] = [[200, { transferId: "tr1", state: "returned" }]];
    const client = await connected();
    expect((await client.outcome("tr1")).state).toBe("returned");
  });

  it("names the outcome also when the call has ended since", async () => {
    const completed = { transferId: "tr1", state: "completed", custody: "gone" };
    server.answers["GET /v1/transfers/tr1"] = [[200, completed]];
    const client = await connected();
    const outcome = { state: "connected", custody: "destination" };
    expect(await client.outcome("tr1")).toMatchObject(outcome);
    FakeSocket.last.tell(transferEvent("completed", 1));
    expect(await client.outcome("tr1")).toMatchObject(outcome);
  });

  it("ends the wait for an outcome with the client", async () => {
    const client = await connected();
    const outcome = expect(client.outcome("tr1")).rejects.toBeInstanceOf(BatonUnreachable);
    client.close();
    await outcome;
  });

  it("asks over the socket where it has tickets alone", async () => {
    const client = await connected({ ticket: () => "mine" });
    expect(FakeSocket.last.protocols[1]).toBe("baton.ticket.mine");
    const accepted = client.publish({ topic: "InboundCall", subtopic: "Hold", id: "h1" });
    await turns();
    const fence = FakeSocket.last.sent[1]?.["id"];
    expect(FakeSocket.last.sent.map(({ id }) => id)).toEqual(["h1", expect.stringMatching(FENCE)]);
    FakeSocket.last.tell({ topic: "App", subtopic: "StateSync", message: {}, id: fence });
    expect(await accepted).toEqual({ id: "h1", accepted: true });

    const refused = client.publish({ topic: "InboundCall", subtopic: "Hold", id: "h2" });
    await turns();
    FakeSocket.last.tell({
      topic: "Error",
      subtopic: "ApiError",
      data: { errorType: "HOLD_CALL_FAILED", msg: "no" },
      id: "h2",
    });
    await expect(refused).rejects.toMatchObject({ errorType: "HOLD_CALL_FAILED" });
    expect(server.asked).toHaveLength(0);
  });

  describe("over the socket, a transfer whose events came before the answer", () => {
    /** A client that transferred by the request r1, of which it was told only what came later. */
    const transferring = async (): Promise<{
      client: BatonClient;
      running: Promise<unknown>;
      fence: (nth: number) => void;
    }> => {
      const client = await connected({ ticket: () => "mine" });
      const running = client.transfer("+12082097345", {}, { id: "r1" });
      running.catch(() => undefined);
      await turns();
      const fence = (nth: number): void => {
        const id = FakeSocket.last.sent.filter(({ topic }) => topic === "App")[nth]?.["id"];
        FakeSocket.last.tell({ topic: "App", subtopic: "StateSync", message: {}, id });
      };
      return { client, running, fence };
    };
    const failure = (sequence: number): object => ({
      ...refusal({ errorType: "BLIND_TRANSFER_FAILED", reason: "busy" }, "r1"),
      epoch: "e1",
      sequence,
    });

    it("was accepted, though it failed since", async () => {
      const { running, fence } = await transferring();
      FakeSocket.last.tell({ ...transferEvent("accepted", 1), id: "r1" });
      FakeSocket.last.tell({ ...transferEvent("failed", 2), id: "r1" });
      FakeSocket.last.tell(failure(3));
      fence(0);
      const { transferId, outcome } = (await running) as RunningTransfer;
      expect(transferId).toBe("tr1");
      expect((await outcome).state).toBe("failed");
    });

    it("is named to who asks again under the same id", async () => {
      const { client, running } = await transferring();
      await vi.advanceTimersByTimeAsync(20_000);
      await expect(running).rejects.toBeInstanceOf(BatonUnreachable);
      FakeSocket.last.tell({ ...transferEvent("accepted", 1), id: "r1" });
      FakeSocket.last.tell({ ...transferEvent("failed", 2), id: "r1" });
      const again = client.transfer("+12082097345", {}, { id: "r1" });
      const other = client.transfer("+12082097345", {}, { id: "r1", agent: "agent2" });
      other.catch(() => undefined);
      await turns();
      for (const { topic, id } of FakeSocket.last.sent.slice(-4))
        if (topic === "App")
          FakeSocket.last.tell({ topic, subtopic: "StateSync", message: {}, id });
      expect((await again).transferId).toBe("tr1");
      await expect(other).rejects.toThrow(/without naming it/);
    });

    it("is not named to a client that was told none of them, which learns where to look", async () => {
      const { running, fence } = await transferring();
      fence(0);
      await expect(running).rejects.toThrow(/without naming it.*GET \/v1\/transfers/);
    });
  });

  it("takes the refusal of what it asks behind a request for no answer to that", async () => {
    const client = await connected({ ticket: () => "mine", follow: ["agent1"] });
    const seen: unknown[] = [];
    client.subscribe("*", ({ id }) => seen.push(id));
    const hold = { topic: "InboundCall", subtopic: "Hold", agent: "agent1" } as const;
    const refused = client.publish({ ...hold, id: "h1" });
    const accepted = client.publish({ ...hold, id: "h2" });
    await turns();
    const sent = (): Record<string, unknown>[] => FakeSocket.last.sent;
    expect(sent().map(({ agent }) => agent)).toEqual(["agent1", "agent1", "agent1", "agent1"]);
    const limited = { errorType: "NOT_PERMITTED", reason: "rateLimited", retryAfterSeconds: 2 };
    for (const at of [1, 3]) FakeSocket.last.tell(refusal(limited, sent()[at]?.["id"]));
    FakeSocket.last.tell(refusal({ errorType: "HOLD_CALL_FAILED" }, "h1"));
    await expect(refused).rejects.toMatchObject({ errorType: "HOLD_CALL_FAILED" });
    await vi.advanceTimersByTimeAsync(1_999);
    expect(sent()).toHaveLength(4);
    await vi.advanceTimersByTimeAsync(1);
    expect(sent().slice(4)).toEqual([sent()[3]]);
    FakeSocket.last.tell({
      topic: "App",
      subtopic: "StateSync",
      message: {},
      id: sent()[4]?.["id"],
    });
    expect(await accepted).toEqual({ id: "h2", accepted: true });
    expect(seen).toEqual(["h1"]);
  });

  it("asks in the caller's own name where the request names no agent and somebody must be named", async () => {
    const client = await connected({ ticket: () => "mine", follow: "*" });
    const moved = client.publish({
      topic: "InboundCall",
      subtopic: "MoveContact",
      data: { contactId: "c1", destination: "q1" },
    } as never);
    await turns();
    const fence = FakeSocket.last.sent[1]?.["id"];
    FakeSocket.last.tell(refusal({ errorType: "NOT_PERMITTED" }, fence, "service"));
    await turns();
    expect(FakeSocket.last.sent.slice(2)).toMatchObject([{ id: fence, agent: "service" }]);
    FakeSocket.last.tell({ topic: "App", subtopic: "StateSync", message: {}, id: fence });
    expect(await moved).toMatchObject({ accepted: true });
  });

  it("tells a page's bus each reply over the socket once, and nothing that the page did not ask for", async () => {
    const client = await connected({ ticket: () => "mine" });
    const seen: Record<string, unknown>[] = [];
    let ask = (_: unknown): void => undefined;
    attachBus(client, {
      publish: (message) => void seen.push(message as unknown as Record<string, unknown>),
      subscribe: (handler) => ((ask = handler), () => undefined),
    });
    const published = { channel: "Amazon", source: "page" };
    ask({ ...published, topic: "Agent", subtopic: "GetStates", id: "r1" });
    ask({ ...published, topic: "InboundCall", subtopic: "Hold", id: "h1" });
    await turns();
    const [, first, , second] = FakeSocket.last.sent.map(({ id }) => id);
    FakeSocket.last.tell({ topic: "Agent", subtopic: "GetStates", message: [], id: "r1" });
    for (const id of [first, second])
      FakeSocket.last.tell({ topic: "App", subtopic: "StateSync", message: {}, id });
    await turns();
    expect(seen.map(({ subtopic, id }) => [subtopic, id])).toEqual([["GetStates", "r1"]]);
  });

  describe("the outcome of a transfer, where the record is not to be had", () => {
    const callSync = (agent: string, sequence: number): object => ({
      topic: "InboundCall",
      subtopic: "StateSync",
      message: {},
      agent,
      epoch: "e1",
      sequence,
    });
    /** A client whose transfer runs, and then what came of the wait for its outcome. */
    const waiting = async (
      follow: readonly string[] | "*" = ["agent1", "agent2"],
    ): Promise<{ become: () => Promise<string> }> => {
      const client = await connected({ ticket: () => "mine", follow });
      FakeSocket.last.tell(callSync("agent1", 3));
      FakeSocket.last.tell(transferEvent("dialing", 4));
      let became = "pending";
      client.outcome("tr1").then(
        ({ state }) => (became = state),
        (error: unknown) => (became = String(error)),
      );
      return { become: async () => (await turns(), became) };
    };
    const comeBack = async (): Promise<void> => {
      FakeSocket.last.closes();
      await vi.advanceTimersByTimeAsync(250);
      FakeSocket.last.opens();
    };

    it("is waited for as long as no event was missed", async () => {
      const { become } = await waiting();
      FakeSocket.last.tell(callSync("agent1", 4));
      await comeBack();
      FakeSocket.last.tell(callSync("agent2", 9));
      FakeSocket.last.tell({ ...callSync("agent1", 4), sequence: undefined });
      expect(await become()).toBe("pending");
      FakeSocket.last.tell(transferEvent("connected", 5));
      expect(await become()).toBe("connected");
    });

    it("is told to be unknown where events were missed for good", async () => {
      const { become } = await waiting();
      await comeBack();
      FakeSocket.last.tell(callSync("agent1", 900));
      expect(await become()).toMatch(/BatonUnreachable.*GET \/v1\/transfers\/tr1/);
      expect(vi.getTimerCount()).toBe(1); // That of the connection.
    });

    it("is told to be unknown after an absence of who follows everybody", async () => {
      const { become } = await waiting("*");
      expect(await become()).toBe("pending");
      await comeBack();
      expect(await become()).toMatch(/BatonUnreachable.*GET \/v1\/transfers\/tr1/);
    });
  });

  it("asks for the whole state again after a new sign-in", async () => {
    server.answers["POST /v1/login"] = [[200, { login: "agent1", role: "agent" }]];
    const client = await connected();
    FakeSocket.last.tell(transferEvent("dialing", 4));
    FakeSocket.last.closes(4401, "the session ended");
    await client.signIn("agent1", "secret");
    client.connect().catch(() => undefined);
    await turns();
    expect(FakeSocket.last.url).toBe("ws://baton.test/v1/ws?epoch=none&after=0");
  });

  it("goes on from where an earlier client stood, also by a sign-in", async () => {
    server.answers["POST /v1/login"] = [[200, { login: "agent1", role: "agent" }]];
    const client = make({ position: { epoch: "e1", sequences: { agent1: 7 } } });
    await client.signIn("agent1", "secret");
    client.connect().catch(() => undefined);
    await turns();
    expect(FakeSocket.last.url).toBe("ws://baton.test/v1/ws?epoch=e1&after=7");
  });

  it("signs in and out", async () => {
    server.answers["POST /v1/login"] = [[200, { login: "agent1", role: "agent" }]];
    server.answers["POST /v1/logout"] = [[204, undefined]];
    const client = await connected();
    expect(await client.signIn("agent1", "secret")).toEqual({ login: "agent1", role: "agent" });
    await client.signOut();
    expect(client.state).toBe("closed");
  });

  it("tells of the end of a session that it ends itself no sooner than the cookie has gone", async () => {
    let answer: (reply: Response) => void = () => undefined;
    const pending = new Promise<Response>((resolve) => (answer = resolve));
    const client = await connected({
      fetch: (url, init) =>
        String(url).endsWith("/v1/logout") ? pending : server.fetch(url, init),
    });
    const states: string[] = [];
    client.onConnection((state) => states.push(state));
    const done = client.signOut();
    await turns();
    FakeSocket.last.closes(4401, "the session ended");
    expect(states).toEqual(["open"]);
    answer(new Response(null, { status: 204 }));
    await done;
    expect(states).toEqual(["open", "closed"]);
  });

  it("is signed out where the session ended, though its own signing out was not answered", async () => {
    const client = await connected();
    server.answers["POST /v1/logout"] = [];
    const unanswered = client.signOut();
    FakeSocket.last.closes(4401, "the session ended");
    await expect(unanswered).rejects.toBeInstanceOf(BatonUnreachable);
    expect(client.state).toBe("signedOut");
  });
});
