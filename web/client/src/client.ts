import { Backoff } from "./backoff.ts";
import { BatonError, BatonUnreachable } from "./error.ts";
import { Http, refusalOf, withQuery } from "./http.ts";
import type {
  Accepted,
  AgentList,
  Contact,
  Destination,
  EventOf,
  Preflight,
  Preferences,
  PreflightRequest,
  QueueList,
  QuickConnectList,
  Request,
  ServerEvent,
  SignedIn,
  Statistics,
  Ticket,
  Timeline,
  Topic,
  Transfer,
  TransferList,
  TransferOptions,
  TransferRecord,
  WaitingList,
} from "./messages.ts";
import { isOutcome } from "./messages.ts";
import { type Position, Positions } from "./positions.ts";

/** How the client stands with the server. */
export type ConnectionState =
  /** `connect()` was not called, or `close()` was. */
  | "closed"
  /** Connecting, at first or again; what is published meanwhile is sent when it can be. */
  | "connecting"
  /** Events flow. */
  | "open"
  /** The server does not know the caller any more: sign in, then `connect()`. */
  | "signedOut";

export interface ClientOptions {
  /** The name of the application, 1 to 128 bytes; every request carries it. */
  source: string;
  /** The server, such as "https://baton.example"; by default the page's own origin. */
  url?: string;
  /** A token, or what gets one each time. Without token and ticket the session cookie of `signIn()` counts. */
  token?: string | (() => string | Promise<string>);
  /**
   * What gets a WebSocket ticket from a server of your own, for each connection. Requests then go over the socket, and
   * the reads of the REST interface are not to be had.
   */
  ticket?: () => string | Promise<string>;
  /** Whom a supervisor or service follows: logins, or everybody. */
  follow?: readonly string[] | "*";
  /** Where an earlier client stood (`position()`), so that this one goes on from there. */
  position?: Position;
  /** How long a request is tried before it counts as without an answer, and a new connection's opening; milliseconds. */
  requestTimeoutMs?: number;
  /** The shortest and the longest wait before a new connection; milliseconds. */
  reconnectMs?: { least: number; most: number };
  /** After how much silence the server is asked whether it is still there; milliseconds. */
  silenceMs?: number;
  /** For tests, and for Node.js before 22. */
  WebSocket?: typeof WebSocket;
  fetch?: typeof fetch;
}

/** The answer to a request: a read's event, or that a change was accepted, whose events follow. */
export type Reply = ServerEvent | Accepted;

/** A transfer that was accepted. */
export interface RunningTransfer {
  transferId: string;
  /** The one outcome; rejected by `close()`, and as `outcome()` says. */
  outcome: Promise<Transfer>;
}

/** A list as a CSV file, cut where the server's limit is. */
export interface CsvFile {
  file: Blob;
  /** How many it has. */
  rows: number;
  /** How many there are: more than `rows` where it was cut. */
  total: number;
}

type Handler = (event: ServerEvent) => void;
type TransferEvent = EventOf<"InboundCall/TransferStateChange">;

const SIGNED_OUT = 4401;
const ALIVE_MS = 5_000;
const KEPT_TRANSFERS = 200;
const OUTCOME_CHECK_MS = 30_000;
/** The ids of what this client asks for itself, whose replies are nobody else's. */
const OURS = /^(alive|fence)-[0-9a-f]{32}$/;
/** After how long a read that was refused is sent again, where the refusal does not say. */
const FENCE_PAUSE_S = 1;
/** How long CSVs and statistics may take: they wait for those that are being made. */
const SLOW_MS = 120_000;

/** A request id: unique, and to be had on plain HTTP too, where `crypto.randomUUID` is not. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * A connection to Baton as one caller: publishes requests, tells events, comes back by itself after a lost network or a
 * restarted server, and then gets what it missed. Nothing is carried out twice: a request that is sent again has the
 * same id (docs/message-api.md, "Idempotency").
 */
export class BatonClient {
  private readonly base: string;
  private readonly handlers = new Map<Topic, Set<Handler>>();
  private readonly watchers = new Set<(state: ConnectionState) => void>();
  private readonly positions: Positions;
  private readonly backoff: Backoff;
  /** Of each transfer the last event. */
  private readonly transfers = new Map<string, TransferEvent>();
  private readonly makeSocket: typeof WebSocket;
  private readonly http: Http;
  private readonly requestTimeoutMs: number;
  private readonly silenceMs: number;
  /** Who waits for the reply to a request that went over the socket, by its id. */
  private readonly asked = new Map<string, (event: ServerEvent) => void>();
  private socket: WebSocket | undefined;
  private current: ConnectionState = "closed";
  private opened: { resolve: () => void; reject: (error: unknown) => void } | undefined;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private silenceTimer: ReturnType<typeof setTimeout> | undefined;
  /** Counts connections, so that what belongs to an earlier one is known. */
  private attempt = 0;
  private signingOut = false;
  /** Why the server ended the connection while `signOut()` waits for its answer. */
  private signedOutWhy: Error | undefined;

  constructor(private readonly options: ClientOptions) {
    const url = options.url ?? globalThis.location?.origin;
    if (!url) throw new TypeError("url is missing: outside of a page the server must be named");
    this.base = url.replace(/\/+$/, "");
    this.positions = new Positions(options.position);
    const { least, most } = options.reconnectMs ?? { least: 250, most: 10_000 };
    this.backoff = new Backoff(least, most);
    this.makeSocket = options.WebSocket ?? globalThis.WebSocket;
    this.requestTimeoutMs = options.requestTimeoutMs ?? 20_000;
    this.http = new Http(
      this.base,
      options.fetch ?? globalThis.fetch.bind(globalThis),
      this.requestTimeoutMs,
      options.token,
    );
    this.silenceMs = options.silenceMs ?? 25_000;
  }

  // --- Who the caller is -------------------------------------------------------------------------------------------

  /** Signs in by password; the browser keeps the session's cookie. Throws BatonError with status 401 or 429. */
  async signIn(login: string, password: string): Promise<SignedIn> {
    const signed = (await this.http.request("POST", "/v1/login", { login, password })) as SignedIn;
    // Who signs in again in the same page needs the whole state: he may be somebody else, and the page has forgotten it.
    if (this.attempt > 0) this.positions.forget();
    return signed;
  }

  /**
   * Ends the session of `signIn()` and the connection. Rejected when no answer came: then both may still be there. Rejected
   * with status 503 the session may have ended, and only the store did not take it: a read tells (401).
   */
  async signOut(): Promise<void> {
    this.signingOut = true;
    try {
      await this.http.request("POST", "/v1/logout");
      this.close();
    } finally {
      this.signingOut = false;
      if (this.signedOutWhy) this.leave("signedOut", this.signedOutWhy);
    }
  }

  // --- The connection ----------------------------------------------------------------------------------------------

  get state(): ConnectionState {
    return this.current;
  }

  /**
   * Connects, and stays so until `close()`. Resolved when events flow. Rejected with BatonError when the server does not
   * know the caller; while it cannot be reached, it is tried again and again.
   */
  connect(): Promise<void> {
    if (this.current === "open") return Promise.resolve();
    globalThis.addEventListener?.("online", this.online);
    globalThis.addEventListener?.("offline", this.offline);
    return new Promise((resolve, reject) => {
      const before = this.opened;
      this.opened = {
        resolve: () => (before?.resolve(), resolve()),
        reject: (error) => (before?.reject(error), reject(error)),
      };
      if (this.current !== "connecting") this.begin();
    });
  }

  /** Ends the connection for good. */
  close(): void {
    globalThis.removeEventListener?.("online", this.online);
    globalThis.removeEventListener?.("offline", this.offline);
    this.leave("closed", new BatonUnreachable("the client was closed"));
  }

  /** Calls `handler` at each change of the connection, and once now. Gives back what ends that. */
  onConnection(handler: (state: ConnectionState) => void): () => void {
    this.watchers.add(handler);
    handler(this.current);
    return () => this.watchers.delete(handler);
  }

  /** Where this client stands, for one that goes on after it. */
  position(): Position {
    return this.positions.value();
  }

  // --- Messages ----------------------------------------------------------------------------------------------------

  /**
   * Calls `handler` for each event of a topic: "InboundCall", "InboundCall/TransferStateChange", or "*". Gives back what
   * ends that. A handler that throws disturbs no other.
   */
  subscribe<T extends Topic>(topic: T, handler: (event: EventOf<T>) => void): () => void {
    const of = this.handlers.get(topic) ?? new Set<Handler>();
    this.handlers.set(topic, of);
    of.add(handler as Handler);
    return () => of.delete(handler as Handler);
  }

  /**
   * Publishes a request. Resolved with the event that a read is answered with, or with what a change was accepted as.
   * Throws BatonError when it was refused, and BatonUnreachable when no answer came in `requestTimeoutMs`: whether it was
   * carried out is then unknown, and the same request with the same `id` may be published again.
   */
  async publish(request: Request): Promise<Reply> {
    // An id that is there and empty is none: without one a repeat could be carried out twice.
    const message = {
      channel: "Amazon",
      source: this.options.source,
      ...request,
      id: request.id ?? newId(),
    };
    return this.options.ticket
      ? this.askOverSocket(message)
      : ((await this.http.request("POST", "/v1/messages", message, true)) as Reply);
  }

  /** Hands the agent's customer on, and tells where that ends. Throws as `publish()` does. */
  async transfer(
    destination: Destination,
    options?: TransferOptions,
    envelope: { id?: string; contactId?: string; agent?: string } = {},
  ): Promise<RunningTransfer> {
    const reply = await this.publish({
      topic: "InboundCall",
      subtopic: "BlindTransfer",
      data: destination,
      ...(options ? { options } : {}),
      ...envelope,
    });
    const transferId = transferOf(reply);
    if (!transferId)
      throw new BatonUnreachable(
        "the server accepted the transfer without naming it: look for it by GET /v1/transfers with a token",
      );
    const outcome = this.outcome(transferId);
    outcome.catch(() => undefined); // Who does not wait for it is not to be told that the wait ended.
    return { transferId, outcome };
  }

  /**
   * Waits for a transfer's outcome, however long that takes. Rejected by `close()`, and with tickets alone where events were
   * missed for good: the record, which this client cannot read, then says what became of it.
   */
  outcome(transferId: string): Promise<Transfer> {
    const known = this.transfers.get(transferId)?.message;
    if (known && isOutcome(known.state)) return Promise.resolve(asOutcome(known));
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        clearInterval(timer);
        unsubscribe();
        endSyncs();
        unwatch();
      };
      const fail = (why: string): void => {
        setTimeout(stop); // It may be told before what is stopped is there.
        reject(new BatonUnreachable(why));
      };
      const take = (transfer: Transfer): void => {
        if (transfer.transferId !== transferId || !isOutcome(transfer.state)) return;
        stop();
        resolve(asOutcome(transfer));
      };
      const unsubscribe = this.subscribe("InboundCall/TransferStateChange", (event) =>
        take(event.message),
      );
      // What happened while nobody was connected, and is too long ago to be told again, stands in the record.
      const read = (): void => {
        if (this.options.ticket) return;
        this.transferRecord(transferId).then(take, () => undefined);
      };
      const timer = setInterval(read, OUTCOME_CHECK_MS);
      let absent = false;
      const missed = (): void => {
        if (this.options.ticket && absent)
          fail(`events were missed: read GET /v1/transfers/${transferId} with a token`);
      };
      // Told after an absence, in the place of the events: there were too many of them, or they are too old.
      const endSyncs = this.subscribe("InboundCall/StateSync", ({ agent, sequence }) => {
        const whose = this.transfers.get(transferId)?.agent;
        if (sequence !== undefined && (whose === undefined || whose === agent)) missed();
      });
      const unwatch = this.onConnection((state) => {
        if (state === "closed") return fail("the client was closed");
        if (state !== "open") return void (absent = true);
        read();
        // Whoever follows everybody is told nothing again.
        if (this.options.follow === "*") missed();
      });
    });
  }

  // --- Reads -------------------------------------------------------------------------------------------------------

  /** What the caller may transfer to now. */
  quickConnects(
    query: { q?: string; type?: string; cursor?: string } = {},
  ): Promise<QuickConnectList> {
    return this.get("/v1/quick-connects", query) as Promise<QuickConnectList>;
  }
  queues(): Promise<QueueList> {
    return this.get("/v1/queues") as Promise<QueueList>;
  }
  /** Who waits in the queues, the longest first; for supervisors and services. */
  waiting(query: { queue?: string } = {}): Promise<WaitingList> {
    return this.get("/v1/queues/waiting", query) as Promise<WaitingList>;
  }
  agents(): Promise<AgentList> {
    return this.get("/v1/agents") as Promise<AgentList>;
  }
  transferRecords(query: Record<string, string> = {}): Promise<TransferList> {
    return this.get("/v1/transfers", query) as Promise<TransferList>;
  }
  /** The same as a CSV file, as far as the server puts it into one (`limits.csv_transfers`). */
  async transfersCsv(query: Record<string, string> = {}): Promise<CsvFile> {
    const path = `/v1/transfers?${new URLSearchParams({ ...query, format: "csv" }).toString()}`;
    const response = await this.http.attempt("GET", path, undefined, SLOW_MS);
    if (response && !response.ok) {
      const refusal = refusalOf(await response.text().catch(() => ""), response);
      if (refusal) throw refusal;
    }
    const file = response?.ok ? await response.blob().catch(() => undefined) : undefined;
    if (!response || !file)
      throw new BatonUnreachable(`no answer from ${this.base} to GET ${path}`);
    const figure = (name: string): number => Number(response.headers.get(name));
    return { file, rows: figure("Baton-Rows"), total: figure("Baton-Total") };
  }
  transferRecord(transferId: string): Promise<TransferRecord> {
    return this.get(`/v1/transfers/${encodeURIComponent(transferId)}`) as Promise<TransferRecord>;
  }
  timeline(transferId: string): Promise<Timeline> {
    return this.get(
      `/v1/transfers/${encodeURIComponent(transferId)}/timeline`,
    ) as Promise<Timeline>;
  }
  /** Transfers counted; for supervisors and services. It may wait for others' longer than `requestTimeoutMs`. */
  statistics(query: Record<string, string> = {}): Promise<Statistics> {
    return this.http.request(
      "GET",
      withQuery("/v1/statistics", query),
      undefined,
      false,
      Math.max(SLOW_MS, this.requestTimeoutMs),
    ) as Promise<Statistics>;
  }
  contact(contactId: string): Promise<Contact> {
    return this.get(`/v1/contacts/${encodeURIComponent(contactId)}`) as Promise<Contact>;
  }
  /** What the caller's pages keep for him, in whatever browser: one object for all of them. */
  preferences(): Promise<Preferences> {
    return this.get("/v1/me/preferences") as Promise<Preferences>;
  }
  /** Puts an object in the place of the one before; done when it is on the disk. BatonError with status 413: too large. */
  keepPreferences(kept: Preferences): Promise<Preferences> {
    return this.http.request("PUT", "/v1/me/preferences", kept) as Promise<Preferences>;
  }
  /** What a BlindTransfer would be told now. Nothing is dialled or counted. */
  preflight(request: PreflightRequest): Promise<Preflight> {
    return this.http.request("POST", "/v1/transfers/preflight", request) as Promise<Preflight>;
  }
  /** Any other read of the REST interface. */
  get(path: string, query: Record<string, string | undefined> = {}): Promise<unknown> {
    return this.http.request("GET", withQuery(path, query));
  }

  // --- Inside: the socket ------------------------------------------------------------------------------------------

  private readonly online = (): void => {
    if (this.current === "connecting") this.begin();
  };

  private readonly offline = (): void => {
    // The browser knows sooner than the socket does.
    if (this.current === "open") this.lost();
  };

  private begin(): void {
    clearTimeout(this.retryTimer);
    this.dropSocket();
    this.enter("connecting");
    const attempt = ++this.attempt;
    this.open(attempt).catch((error: unknown) => {
      if (attempt !== this.attempt) return;
      if (error instanceof BatonError && (error.status === 401 || error.status === 403)) {
        this.signedOut(error);
      } else {
        this.retry(error instanceof BatonError ? (error.data.retryAfterSeconds ?? 0) * 1000 : 0);
      }
    });
  }

  private async open(attempt: number): Promise<void> {
    const ticket = this.options.ticket
      ? await this.options.ticket()
      : ((await this.http.request("POST", "/v1/ws-tickets")) as Ticket).ticket;
    if (attempt !== this.attempt) return;
    const address =
      this.base.replace(/^http/, "ws") + "/v1/ws" + this.positions.query(this.options.follow);
    const socket = new this.makeSocket(address, ["baton.v1", `baton.ticket.${ticket}`]);
    this.socket = socket;
    this.silenceTimer = setTimeout(() => this.lost(), this.requestTimeoutMs);
    socket.onmessage = (message: MessageEvent) => {
      if (attempt === this.attempt) this.take(String(message.data));
    };
    socket.onopen = () => {
      if (attempt !== this.attempt) return;
      this.backoff.reset();
      this.enter("open");
      this.listen();
      this.opened?.resolve();
      this.opened = undefined;
    };
    socket.onclose = (event: CloseEvent) => {
      if (attempt !== this.attempt) return;
      if (event.code !== SIGNED_OUT) return this.lost();
      this.signedOut(new BatonUnreachable(`the server ended the session: ${event.reason}`));
    };
  }

  private lost(): void {
    this.attempt++;
    this.dropSocket();
    this.enter("connecting");
    this.retry(0);
  }

  private retry(atLeastMs: number): void {
    clearTimeout(this.retryTimer);
    this.retryTimer = setTimeout(() => this.begin(), Math.max(atLeastMs, this.backoff.next()));
  }

  /**
   * The server knows the caller no more. The server ends the socket before it answers `signOut()`: who heard so at once
   * might let somebody sign in, whose cookie that answer would then take away.
   */
  private signedOut(why: Error): void {
    if (this.signingOut) this.signedOutWhy = why;
    else this.leave("signedOut", why);
  }

  private leave(state: ConnectionState, why: Error): void {
    this.attempt++;
    this.signedOutWhy = undefined;
    clearTimeout(this.retryTimer);
    this.dropSocket();
    this.enter(state);
    this.opened?.reject(why);
    this.opened = undefined;
  }

  private dropSocket(): void {
    clearTimeout(this.silenceTimer);
    const socket = this.socket;
    this.socket = undefined;
    if (!socket) return;
    socket.onmessage = socket.onopen = socket.onclose = null;
    socket.close();
  }

  private enter(state: ConnectionState): void {
    if (state === this.current) return;
    this.current = state;
    for (const watcher of [...this.watchers]) guarded(() => watcher(state));
  }

  /** A connection that died without a word is found by asking something after a silence. */
  private listen(): void {
    clearTimeout(this.silenceTimer);
    this.silenceTimer = setTimeout(() => {
      this.sendOverSocket({ topic: "App", subtopic: "StateSync", id: `alive-${newId()}` });
      this.silenceTimer = setTimeout(() => this.lost(), ALIVE_MS);
    }, this.silenceMs);
  }

  private take(text: string): void {
    this.listen();
    const event = JSON.parse(text) as ServerEvent;
    const verdict = this.positions.take(event);
    if (verdict === "seen") return;
    if (verdict === "gap") {
      this.attempt++;
      return this.begin();
    }
    if (event.subtopic === "TransferStateChange") this.remember(event);
    if (event.id !== undefined) this.asked.get(event.id)?.(event);
    if (event.id !== undefined && OURS.test(event.id)) return;
    for (const topic of [event.topic, `${event.topic}/${event.subtopic}`, "*"] as Topic[]) {
      for (const handler of [...(this.handlers.get(topic) ?? [])]) guarded(() => handler(event));
    }
  }

  private remember(event: TransferEvent): void {
    const { transferId } = event.message;
    this.transfers.delete(transferId);
    this.transfers.set(transferId, event);
    if (this.transfers.size <= KEPT_TRANSFERS) return;
    const [oldest] = this.transfers.keys();
    if (oldest !== undefined) this.transfers.delete(oldest);
  }

  /** The transfer that a request asked for, where its events came before: the server does not tell them to a repeat. */
  private transferBy({ id, agent }: Request): string | undefined {
    for (const [transferId, event] of this.transfers)
      if (event.id === id && (agent ?? event.agent) === event.agent) return transferId;
    return undefined;
  }

  private sendOverSocket(message: object): boolean {
    if (this.current !== "open" || !this.socket) return false;
    this.socket.send(
      JSON.stringify({ channel: "Amazon", source: this.options.source, ...message }),
    );
    return true;
  }

  /**
   * A request over the socket. The server says nothing to a change that it accepts, but answers in order: the reply to a
   * read that follows it for the same agent tells that it was taken. A refusal of that read may overtake the request, and
   * says nothing of it: the read is sent again.
   */
  private async askOverSocket(message: Request & { id: string }): Promise<Reply> {
    const fence = `fence-${newId()}`;
    const end = Date.now() + this.requestTimeoutMs;
    let agent = message.agent ?? undefined;
    let transferId: string | undefined;
    let again: ReturnType<typeof setTimeout> | undefined;
    const askFence = (): void => {
      const named = agent === undefined ? {} : { agent };
      this.sendOverSocket({ topic: "App", subtopic: "StateSync", id: fence, ...named });
    };
    try {
      return await new Promise<Reply>((resolve, reject) => {
        const send = (): void => {
          if (this.sendOverSocket(message)) askFence();
        };
        this.asked.set(message.id, (event) => {
          // What is numbered came of the request later: it was accepted.
          if (event.sequence !== undefined) transferId ??= transferOf(event);
          else if (event.topic === "Error") reject(new BatonError(event.data, 0, event.id));
          else resolve(event);
        });
        this.asked.set(fence, (event) => {
          if (event.topic !== "Error") {
            transferId ??= this.transferBy(message);
            return resolve({
              id: message.id,
              accepted: true,
              ...(transferId ? { transferId } : {}),
            });
          }
          // A service must name somebody, also behind a request that it makes for itself: the refusal has its name.
          const pause = event.data.retryAfterSeconds ?? (agent === undefined ? 0 : FENCE_PAUSE_S);
          agent ??= event.agent;
          clearTimeout(again);
          again = setTimeout(askFence, pause * 1000);
        });
        const unwatch = this.onConnection((state) => {
          if (state === "open") send();
        });
        const timer = setTimeout(
          () => reject(new BatonUnreachable(`no answer from ${this.base} to ${message.subtopic}`)),
          end - Date.now(),
        );
        this.asked.set(`${fence}-end`, () => (unwatch(), clearTimeout(timer), clearTimeout(again)));
      });
    } finally {
      this.asked.get(`${fence}-end`)?.({} as ServerEvent);
      for (const id of [message.id, fence, `${fence}-end`]) this.asked.delete(id);
    }
  }
}

/** `completed` tells the later end of a call that the destination had: the outcome was that it had it. */
const asOutcome = (transfer: Transfer): Transfer =>
  transfer.state === "completed"
    ? { ...transfer, state: "connected", custody: "destination" }
    : transfer;

function transferOf(reply: Reply): string | undefined {
  if ("accepted" in reply) return reply.transferId;
  return reply.subtopic === "TransferStateChange" ? reply.message.transferId : undefined;
}

function guarded(call: () => void): void {
  try {
    call();
  } catch (error) {
    // Told to the page's own handler of errors; whoever else listens is called all the same.
    queueMicrotask(() => {
      throw error;
    });
  }
}
