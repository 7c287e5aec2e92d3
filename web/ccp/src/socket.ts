/** Baton's events for this page, over a WebSocket that comes back by itself and asks for what it missed. */

import { BASE } from "./api.ts";
import { Waits } from "./retry.ts";
import type { BatonEvent } from "./state.ts";

export interface SocketEvents {
  event(event: BatonEvent): void;
  /** True once the connection stands, false once it is gone; it will be tried again. */
  connected(connected: boolean): void;
  /** Whoever is signed in is so no longer; nothing is tried any more. */
  signedOut(): void;
}

/** Close code of Baton: the session ended, or the account was disabled (docs/signing-in.md). */
const SIGNED_OUT = 4401;

/** A connection that does not stand by then is given up. */
const OPEN_MS = 20_000;
/** After so much silence Baton is asked whether it is still there. */
const SILENCE_MS = 25_000;
/** An answer to that takes no longer. */
const ALIVE_MS = 5_000;
/** Any read that is answered to this connection alone. */
const ARE_YOU_THERE = JSON.stringify({
  channel: "Amazon",
  source: "ccp-v2",
  topic: "App",
  subtopic: "StateSync",
});

export class Socket {
  readonly #events: SocketEvents;
  readonly #stillSignedIn: () => Promise<boolean>;
  #socket: WebSocket | null = null;
  /** An epoch that no server has makes it send the state syncs first. */
  #epoch = "new";
  #after = 0;
  readonly #waits = new Waits();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  /** `stillSignedIn` is asked where a connection is refused, since a browser does not tell why it was. */
  constructor(events: SocketEvents, stillSignedIn: () => Promise<boolean>) {
    this.#events = events;
    this.#stillSignedIn = stillSignedIn;
  }

  open(): void {
    const url = new URL(`${BASE}/v1/ws`, location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    url.searchParams.set("epoch", this.#epoch);
    url.searchParams.set("after", String(this.#after));
    const socket = new WebSocket(url, ["baton.v1"]);
    this.#socket = socket;
    let stood = false;
    socket.onopen = () => {
      stood = true;
      this.#waits.reset();
      listen();
      this.#events.connected(true);
    };
    socket.onmessage = ({ data }) => {
      if (socket !== this.#socket) return;
      listen();
      this.#take(String(data));
    };
    socket.onclose = ({ code }) => gone(code);
    const gone = (code?: number): void => {
      if (this.#closed || socket !== this.#socket) return;
      this.#socket = null;
      clearTimeout(this.#silence);
      this.#events.connected(false);
      if (code === SIGNED_OUT) return this.#end();
      if (stood) return this.#later();
      void this.#stillSignedIn().then(
        (signedIn) => (signedIn ? this.#later() : this.#end()),
        () => this.#later(),
      );
    };
    const lost = (): void => {
      gone();
      // What is closed tells so only when the other end has answered, or long after: it is given up before.
      socket.close();
    };
    // A network that goes away without a word is told to nobody who only listens.
    const listen = (): void => {
      clearTimeout(this.#silence);
      if (this.#closed) return;
      this.#silence = setTimeout(() => {
        socket.send(ARE_YOU_THERE);
        this.#silence = setTimeout(lost, ALIVE_MS);
      }, SILENCE_MS);
    };
    this.#silence = setTimeout(lost, OPEN_MS);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#silence);
    this.#socket?.close();
  }

  #end(): void {
    if (this.#closed) return; // Meanwhile, while it was asked whether anybody is signed in.
    this.close();
    this.#events.signedOut();
  }

  #later(): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => this.open(), this.#waits.next());
  }

  #take(text: string): void {
    const event = JSON.parse(text) as BatonEvent & { epoch?: string };
    // The whole state comes in three syncs: who lost the connection before the last has it not, and must ask anew.
    const partial = event.subtopic === "StateSync" && event.topic !== "InboundCall";
    if (event.epoch !== undefined && event.sequence !== undefined && !partial) {
      this.#epoch = event.epoch;
      this.#after = event.sequence;
    }
    this.#events.event(event);
  }
}
