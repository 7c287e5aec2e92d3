/**
 * The frame's side of the library's conduit: messages `{event, data}` between this page and the one that embeds it.
 *
 * Order at the start, as the library has it: the frame speaks first, by `acknowledge` with an id. The library answers with
 * what it was configured with, and from then on asks `synchronize` every second, which is answered by `acknowledge`. Each
 * change comes as `agent::update`, the first of which makes the library's agent.
 */

import {
  StreamsError,
  type ApiRequest,
  type Configuration,
  type ConduitMessage,
  type Snapshot,
} from "./streams.ts";
import { serveSdk } from "./sdk.ts";

/** The window that embeds this page: what is used of it. */
export interface HostWindow {
  postMessage(message: unknown, targetOrigin: string, transfer?: Transferable[]): void;
}

/** What the frame leaves to others. */
export interface FrameEvents {
  /** A call of ClientMethods; the frame answers it with what comes of `answer`. */
  request(
    method: string,
    params: Record<string, unknown>,
    id: string,
  ): Promise<Record<string, unknown>>;
  /** JSON text for the `failure` callback. */
  errorText(error: unknown): string;
  /** agent.mute() and agent.unmute(); null only asks how it stands. */
  mute(muted: boolean | null): void;
  /** The configuration may have changed: it is to be read anew. */
  reload(): void;
  /** A broadcast of this page's library, for the frames of this agent in other tabs. */
  broadcast(event: string, data: unknown): void;
}

/** Everything here is to be called on the page's one thread. */
export class Frame {
  readonly #host: HostWindow;
  readonly #events: FrameEvents;
  readonly #id: string;
  /** The origin that embeds us, once it has spoken; until then each that may. */
  #origins: readonly string[];
  #open = false;
  /** The embedding page has its end of the SDK's channel. */
  #sdk = false;
  readonly #masters = new Map<string, string>();

  /** `origins` may embed the page, `id` names this frame among all of the agent. */
  constructor(host: HostWindow, origins: readonly string[], id: string, events: FrameEvents) {
    this.#host = host;
    this.#origins = origins;
    this.#id = id;
    this.#events = events;
  }

  /** The agent is signed in: the library may have its conduit. */
  open(): void {
    if (this.#open) return;
    this.#open = true;
    this.#post("acknowledge", { id: this.#id });
  }

  /** The agent is signed out. The library, told so, asks for a sign-in where it is to. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#post("auth_fail");
  }

  /** Tells the library the agent's state. */
  update(snapshot: Snapshot, configuration: Configuration): void {
    if (this.#open) this.#post("agent::update", { snapshot, configuration });
  }

  /** Tells the library whether the agent is muted. */
  muted(muted: boolean): void {
    if (this.#open) this.#post("agent::mute_toggle", { muted });
  }

  /** Hands on what a frame in another tab broadcast. */
  relay(event: string, data: unknown): void {
    if (this.#open) this.#post(event, data);
  }

  /**
   * Takes a message of the embedding window. Whoever calls has checked that it is that window's; its origin is checked
   * here, so that a page which took the place of the one that embedded us is not answered.
   */
  receive(message: unknown, origin: string): void {
    if (!this.#origins.includes(origin) || !isConduitMessage(message)) return;
    this.#origins = [origin];
    const { event, data } = message;
    if (!this.#open) {
      // The library waits for ever for what is not answered; of the rest it must get nothing, so that it asks for a sign-in.
      if (event === "api_request") this.#refuse(data);
      return;
    }
    this.#openSdk(origin);
    switch (event) {
      case "synchronize":
        return this.#post("acknowledge");
      case "api_request":
        return void this.#answer(data);
      case "master_request":
        return this.#master(data);
      case "broadcast":
        return this.#broadcast(data);
      case "reload_agent_configuration":
        return this.#events.reload();
      default:
        // The library's logs, metrics and settings of its softphone, which need no answer.
        return;
    }
  }

  /** Once, and only when it is known which origin embeds us: a port goes to one. */
  #openSdk(origin: string): void {
    if (this.#sdk) return;
    this.#sdk = true;
    const { port1, port2 } = new MessageChannel();
    serveSdk(port1, this.#id);
    this.#host.postMessage({ type: "cross-domain-adapter-init" }, origin, [port2]);
  }

  async #answer(data: unknown): Promise<void> {
    if (!isRequest(data)) return;
    const { requestId } = data;
    const reply = { event: "api_response", requestId };
    try {
      const result = await this.#events.request(data.method, data.params ?? {}, requestId);
      this.#post("api_response", { ...reply, data: result, err: null });
    } catch (error) {
      this.#post("api_response", { ...reply, data: null, err: this.#events.errorText(error) });
    }
  }

  /** Nobody is signed in who could ask for anything. */
  #refuse(data: unknown): void {
    if (!isRequest(data)) return;
    const { requestId } = data;
    const error = new StreamsError("UnauthorizedException", "nobody is signed in to Baton", 401);
    const err = this.#events.errorText(error);
    this.#post("api_response", { event: "api_response", requestId, data: null, err });
  }

  /** Which tab plays the ringing tone, say. Frames do not compete: each is master of its own page. */
  #master(data: unknown): void {
    if (!isRequest(data)) return;
    const topic = String(data.params?.["topic"] ?? "");
    const free = !this.#masters.has(topic) && data.params?.["shouldNotBecomeMasterIfNone"] !== true;
    if (free || data.method === "becomeMaster") this.#masters.set(topic, this.#id);
    const masterId = this.#masters.get(topic) ?? null;
    const result =
      data.method === "becomeMaster"
        ? { masterId, takeOver: false, topic }
        : { masterId, isMaster: masterId === this.#id, topic };
    this.#post("master_response", {
      event: "master_response",
      requestId: data.requestId,
      data: result,
      err: null,
    });
  }

  #broadcast(data: unknown): void {
    if (!isConduitMessage(data)) return;
    if (data.event === "mute") {
      const asked = (data.data as { mute?: unknown } | null | undefined)?.mute;
      return this.#events.mute(typeof asked === "boolean" ? asked : null);
    }
    // What a page broadcasts, all pages of the agent get, itself too.
    this.#post(data.event, data.data);
    this.#events.broadcast(data.event, data.data);
  }

  #post(event: string, data?: unknown): void {
    // A browser drops what is for another origin than the window's; so only the embedding page reads it, never "*".
    for (const origin of this.#origins) this.#host.postMessage({ event, data }, origin);
  }
}

function isConduitMessage(value: unknown): value is ConduitMessage {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as ConduitMessage).event === "string"
  );
}

function isRequest(value: unknown): value is ApiRequest {
  if (typeof value !== "object" || value === null) return false;
  const request = value as Partial<ApiRequest>;
  return typeof request.requestId === "string" && typeof request.method === "string";
}
