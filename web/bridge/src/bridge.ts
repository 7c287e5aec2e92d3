/// <reference types="amazon-connect-streams" />
import { carryOut } from "./carry-out.ts";
import { ColdTransfer, type ContactClient } from "./cold-transfer.ts";
import { digestOf } from "./digest.ts";
import { EndpointList } from "./endpoints.ts";
import { Memory, tabName, type TabStorage } from "./memory.ts";
import type { Command, Outcome } from "./messages.ts";
import { BridgeSocket, type SocketState, ticketFrom } from "./socket.ts";

/** How the bridge stands. */
export type BridgeState =
  /** Not connected to Baton; it is tried again and again. */
  | "connecting"
  /** Baton does not know the caller: he must sign in there. */
  | "signedOut"
  /** Connected, but the CCP has not told of its agent yet. */
  | "waiting"
  /** Connected; another tab of this agent acts. */
  | "standby"
  /** Connected, but Baton does not take this tab, as where there are too many (`amazon.max_tabs`); it is asked again. */
  | "refused"
  /** This tab acts. */
  | "active"
  | "closed";

export interface BridgeOptions {
  /** The library, where it is not `window.connect`. */
  streams?: typeof connect;
  /** Baton, such as "https://baton.example"; by default the page's own origin. */
  url?: string;
  /** A token of the agent, or what gets one; without it the session's cookie counts. */
  token?: string | (() => string | Promise<string>);
  /** Gets a WebSocket ticket from a server of your own, instead. */
  ticket?: () => Promise<string>;
  /** The `ccpUrl` that the CCP was made with. */
  instance?: string;
  /** Version of the library's npm package; the library itself tells another one. */
  libraryVersion?: string;
  /**
   * `new ContactClient(connect.core.getSDKClientConfig())` of `@amazon-connect/contact`, made after `initCCP`: where
   * Baton is configured to (`amazon.cold_transfer`), it transfers to agents and queues in one step.
   */
  contactClient?: ContactClient;
  /** Told of every change; `why` is what Baton says where the state is `refused`. */
  onState?: (state: BridgeState, why?: string) => void;
  /** The tab's own storage; for tests. */
  storage?: TabStorage;
}

/** After so much silence of the frame, which answers every second, what it showed may be old. */
const SILENT_MS = 5_000;
const CHECK_MS = 1_000;
/** So long after a lease was given Baton leaves out what is older than what it has seen (kCatchUpMs there). */
const CATCH_UP_MS = 10_000;
/** The id of a Hello, by which its refusal is known. */
const HELLO_ID = "hello";
/** After so long a Hello that was refused is said again. */
const HELLO_AGAIN_MS = 10_000;
/** A Hello that is taken is not answered, and a refusal comes at once: after so much silence it was taken. */
const HELLO_TAKEN_MS = 5_000;

/** Milliseconds by a clock that nobody sets: the PC's may be put right in the middle of a session. */
const now = (): number => performance.now();
/** By how much the PC's clock is ahead of that one. */
const drift = (): number => Date.now() - now();
/** Where the two went so much further apart the PC has slept, which `now()` mostly leaves out, or its clock was set. */
const JUMP_MS = 2_000;

/** What the library's types leave out, like the next. */
interface WithVersion {
  version?: string;
}

/** The conduit to the frame. */
interface WithUpstream {
  getUpstream?: () => { onUpstream: (event: string, handler: () => void) => unknown };
}

/**
 * Stands beside `connect.core.initCCP` and lets Baton see what the agent's session shows, and ask it for what Baton has
 * decided. It decides nothing, tries nothing twice, and does nothing while another tab of the agent acts.
 */
export class Bridge {
  private readonly streams: typeof connect;
  private readonly url: string;
  private readonly memory: Memory;
  private readonly storage: TabStorage;
  private socket: BridgeSocket | undefined;
  private agent: connect.Agent | undefined;
  private tab = "";
  private muted = false;
  /** When the frame was heard last, if ever. */
  private heard: number | undefined;
  /** Whether it answered, when that was looked at last. */
  private alive = true;
  /** The library could not be read; it is tried again. */
  private owed = false;
  /** Of the lease; 0: this tab does not act. */
  private epoch = 0;
  /** Baton's clock minus `now()`, milliseconds. */
  private skew = 0;
  /** `drift()` when that was worked out. */
  private drifted = 0;
  private reported = "";
  /** The service's time of what was reported last under this lease. */
  private taken: number | null = null;
  /** Until when every newer one is told, changed or not; the first one after it is the last. */
  private catchingUpUntil: number | undefined;
  private connected: SocketState = "connecting";
  private told: BridgeState | undefined;
  /** A Hello was said on this connection. */
  private greeted = false;
  /** Why Baton did not take it. */
  private refusal: string | undefined;
  private greetAgain: ReturnType<typeof setTimeout> | undefined;
  private check: ReturnType<typeof setInterval> | undefined;
  private dirty = false;
  private readonly cold: ColdTransfer | undefined;
  private readonly endpoints = new EndpointList((part) => {
    if (this.epoch !== 0) this.send("Endpoints", { epoch: this.epoch, ...part });
  });

  constructor(private readonly options: BridgeOptions = {}) {
    this.streams = options.streams ?? globalThis.connect;
    if (!this.streams) throw new TypeError("streams is missing: load amazon-connect-streams first");
    const url = options.url ?? globalThis.location?.origin;
    if (!url) throw new TypeError("url is missing: outside of a page Baton must be named");
    this.url = url;
    this.storage = options.storage ?? globalThis.sessionStorage;
    this.memory = new Memory(this.storage);
    if (options.contactClient) this.cold = new ColdTransfer(options.contactClient, this.streams);
  }

  /** Subscribes to the library and connects to Baton. Call it before or after `initCCP`, once. */
  async start(): Promise<void> {
    this.listenToFrame();
    this.tab = await tabName(this.storage, globalThis.navigator?.locks);
    this.streams.agent((agent) => this.found(agent));
    this.check = setInterval(() => this.lookAtFrame(), CHECK_MS);
    const { token } = this.options;
    const asked =
      token === undefined ? undefined : () => (typeof token === "string" ? token : token());
    this.socket = new BridgeSocket({
      url: this.url,
      ticket: this.options.ticket ?? ticketFrom(this.url, asked),
      onState: (state) => this.connection(state),
      onText: (text) => this.take(text),
    });
    this.socket.open();
  }

  /** Connects to Baton now, as after a sign-in, and not when the next try is due. */
  retry(): void {
    this.socket?.retry();
  }

  /** Ends the connection for good. The agent's session goes on without Baton. */
  stop(): void {
    clearInterval(this.check);
    clearTimeout(this.greetAgain);
    this.epoch = 0;
    this.socket?.close();
  }

  get state(): BridgeState {
    if (this.connected !== "open") return this.connected;
    if (!this.agent) return "waiting";
    if (this.epoch > 0) return "active";
    return this.refusal === undefined ? "standby" : "refused";
  }

  // --- The library -------------------------------------------------------------------------------------------------

  private found(agent: connect.Agent): void {
    this.agent = agent;
    // Every snapshot that the frame sends comes by here; contacts have their new state already.
    agent.onRefresh(() => {
      this.heard = now();
      this.changed();
    });
    agent.onStateChange(() => this.changed());
    agent.onMuteToggle((toggled) => {
      this.muted = toggled.muted;
      this.changed();
    });
    this.hello();
    this.tell();
  }

  private listenToFrame(): void {
    const listen = (): void => {
      const upstream = (this.streams.core as unknown as WithUpstream).getUpstream?.();
      upstream?.onUpstream("acknowledge", () => {
        this.heard = now();
      });
      this.heard = now();
    };
    try {
      listen();
    } catch {
      // There is no frame before initCCP was called.
      this.streams.core.onInitialized(listen);
    }
  }

  private lookAtFrame(): void {
    // What Baton's time is now is told by the next lease only.
    if (this.epoch !== 0 && Math.abs(this.jump()) > JUMP_MS) this.socket?.renew();
    if (this.answers() !== this.alive || this.owed) this.changed();
    if (this.agent && this.epoch !== 0) this.endpoints.look(this.agent);
  }

  /** By how much the PC's clock went further than `now()` since the lease. */
  private jump(): number {
    return drift() - this.drifted;
  }

  /** Whether what the frame showed is no older than SILENT_MS. */
  private answers(): boolean {
    return this.heard === undefined || now() - this.heard < SILENT_MS;
  }

  /** Reports once for all that changes in one turn. */
  private changed(): void {
    if (this.dirty) return;
    this.dirty = true;
    queueMicrotask(() => {
      this.dirty = false;
      this.report(false);
    });
  }

  // --- Baton -------------------------------------------------------------------------------------------------------

  private connection(state: SocketState): void {
    this.connected = state;
    this.epoch = 0;
    this.greeted = false;
    this.helloTaken();
    if (state === "open") this.hello();
    this.tell();
  }

  private tell(): void {
    const state = this.state;
    if (state === this.told) return;
    this.told = state;
    if (state === "refused") this.options.onState?.(state, this.refusal);
    else this.options.onState?.(state);
  }

  private send(
    subtopic: "Hello" | "Snapshot" | "Endpoints" | "Result",
    data: object,
    id?: string,
  ): void {
    this.socket?.send(
      JSON.stringify({
        channel: "Amazon",
        topic: "Bridge",
        subtopic,
        source: "baton-bridge",
        ...(id === undefined ? {} : { id }),
        data,
      }),
    );
  }

  /** Says who reports, once the connection and the agent are there. */
  private hello(): void {
    if (!this.agent || this.connected !== "open" || this.greeted) return;
    this.greeted = true;
    const configuration = this.agent.getConfiguration();
    const data = {
      tab: this.tab,
      instance: this.options.instance ?? "",
      agentArn: this.agent.getAgentARN() || null,
      username: configuration.username || null,
      library:
        this.options.libraryVersion ?? (this.streams as unknown as WithVersion).version ?? "",
      coldTransfer: this.cold !== undefined,
    };
    this.send("Hello", data, HELLO_ID);
  }

  /** Nobody may act now, and what is in the way, such as too many tabs, passes without a word to this one. */
  private helloRefused(why: string): void {
    if (this.epoch !== 0) return;
    this.refusal = why;
    this.tell();
    clearTimeout(this.greetAgain);
    this.greetAgain = setTimeout(() => {
      this.greeted = false;
      this.hello();
      this.greetAgain = setTimeout(() => {
        this.helloTaken();
        this.tell();
      }, HELLO_TAKEN_MS);
    }, HELLO_AGAIN_MS);
  }

  private helloTaken(): void {
    clearTimeout(this.greetAgain);
    this.refusal = undefined;
  }

  private report(always: boolean): void {
    if (!this.agent || this.epoch === 0) return;
    // Not what the last look found: the timer of a hidden tab fires once a minute, and a refresh may have come since.
    this.alive = this.answers();
    const digest = digestOf(this.agent, this.muted, this.alive);
    this.owed = digest === undefined;
    if (this.owed && always) this.reported = "";
    if (!digest) return;
    const { takenAtMs, ...shown } = digest;
    const text = JSON.stringify(shown);
    if (!always && !this.catchesUp(takenAtMs) && text === this.reported) return;
    this.reported = text;
    this.taken = takenAtMs;
    this.send("Snapshot", { epoch: this.epoch, ...digest });
  }

  /** Baton leaves out what is older than what the tab before has shown, so that being unchanged is no reason to be silent. */
  private catchesUp(takenAtMs: number | null): boolean {
    const until = this.catchingUpUntil;
    if (until === undefined || takenAtMs === null || this.taken === null) return false;
    if (takenAtMs <= this.taken) return false;
    if (now() >= until) this.catchingUpUntil = undefined;
    return true;
  }

  private take(text: string): void {
    let event: {
      topic?: unknown;
      subtopic?: unknown;
      message?: unknown;
      id?: unknown;
      data?: { msg?: unknown };
    };
    try {
      event = JSON.parse(text) as typeof event;
    } catch {
      return;
    }
    if (event.topic === "Error" && event.id === HELLO_ID)
      return this.helloRefused(String(event.data?.msg));
    if (event.topic !== "Bridge" || event.subtopic !== "Command") return;
    this.obey(event.message as Command);
  }

  private obey(command: Command): void {
    if (command.action === "lease") {
      this.epoch = command.epoch;
      this.helloTaken();
      this.skew = Date.parse(command.at) - now();
      this.drifted = drift();
      this.taken = null;
      this.catchingUpUntil = now() + CATCH_UP_MS;
      this.report(true);
      this.tell();
      this.endpoints.lease(command.endpoints);
      if (this.agent) this.endpoints.look(this.agent);
      return;
    }
    // Of a lease that is over, or of none: somebody else acts.
    if (command.epoch !== this.epoch || !this.agent) return;
    if (command.action === "report") {
      this.report(true);
      return;
    }
    if (command.action === "endpoints") {
      this.endpoints.want();
      this.endpoints.look(this.agent);
      return;
    }
    const epoch = command.epoch;
    const answer = (outcome: Outcome): void => {
      if (command.command !== 0)
        this.send("Result", { command: command.command, epoch, ...outcome });
    };
    // Whether the PC slept or its clock was set is not known before the next lease: nothing is done late meanwhile.
    const slept = this.jump() > JUMP_MS ? this.jump() : 0;
    const late = now() + slept + this.skew - Date.parse(command.at);
    if (command.deadlineMs !== undefined && late > command.deadlineMs) {
      answer({
        ok: false,
        error: { name: "Expired", message: "the command came too late", status: 0 },
      });
      return;
    }
    if (!this.memory.enter(command.command, command.at)) {
      answer({
        ok: false,
        error: { name: "AlreadyDone", message: "this tab has done it before", status: 0 },
      });
      return;
    }
    void carryOut(this.agent, command, this.cold).then(answer);
  }
}
