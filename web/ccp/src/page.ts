/** The page /ccp-v2/ in a frame of a desktop: puts the parts together. */

import { Api } from "./api.ts";
import type { Baton, BatonRefusal, Request } from "./baton.ts";
import { carryOut, setMute } from "./commands.ts";
import { toStreamsError } from "./errors.ts";
import { Desk } from "./desk.ts";
import { Frame } from "./frame.ts";
import { isUnauthorized, persist } from "./retry.ts";
import { configurationOf, snapshotOf, type ServedQueue } from "./snapshot.ts";
import {
  isRunning,
  type AgentInfo,
  type BatonEvent,
  type State,
  type StateChoice,
  type Transfer,
} from "./state.ts";
import { Socket } from "./socket.ts";
import { askForSignIn, type SignInPrompt } from "./sign_in.ts";

/** What the page shows beside what it tells the library. */
export interface View {
  /** The agent's name and state, and whether Baton is reached. */
  show(who: string, state: string, connected: boolean): void;
  /** Nobody is signed in. */
  signIn(prompt: SignInPrompt): void;
}

/** Frames of the same agent under the same desktop's site hear each other's broadcasts. */
const CHANNEL = "baton-ccp-v2";

export class Page implements Baton {
  readonly #api = new Api();
  readonly #view: View;
  readonly #frame: Frame;
  readonly #desk: Desk;
  readonly #listeners = new Set<(event: BatonEvent) => void>();
  readonly #channel = new BroadcastChannel(CHANNEL);
  #socket: Socket | null = null;
  #info: AgentInfo | null = null;
  #connected = false;
  /** Counts sign-ins and sign-outs: what was begun before the last one is over. */
  #turn = 0;
  /** A sign-in is waited for. */
  #asking = false;

  /** `host` embeds this page, and `origins` may. */
  constructor(host: Window, origins: readonly string[], view: View) {
    this.#view = view;
    this.#desk = new Desk(this, (state, before) => this.#changed(state, before));
    this.#frame = new Frame(host, origins, crypto.randomUUID(), {
      request: (method, params, id) => carryOut(this.#desk, method, params, id),
      errorText: (error) => toStreamsError(error).toText(),
      mute: (muted) => void this.#mute(muted),
      reload: () => this.#byItself(() => this.#readChoices().then(() => this.#show())),
      broadcast: (event, data) => this.#channel.postMessage({ event, data }),
    });
    window.addEventListener("message", ({ source, origin, data }) => {
      if (source === host) this.#frame.receive(data, origin);
    });
    this.#channel.onmessage = ({ data }) => {
      const { event, data: content } = data as { event: string; data: unknown };
      this.#frame.relay(event, content);
    };
  }

  /** Goes on from whoever is signed in, or asks for a sign-in. */
  async start(): Promise<void> {
    const turn = ++this.#turn;
    try {
      // While Baton is away it is tried again here, and by the library, which loads this page anew.
      if (
        !(await persist(
          () => this.#readChoices(),
          () => turn === this.#turn,
        ))
      )
        return;
    } catch (error) {
      if (turn !== this.#turn) return;
      if (!isUnauthorized(error)) console.error(error);
      return this.#signedOut();
    }
    if (turn !== this.#turn) return;
    this.#frame.open();
    this.#socket = new Socket(
      {
        event: (event) => this.#take(event),
        connected: (connected) => {
          this.#connected = connected;
          this.#show();
        },
        signedOut: () => this.#signedOut(),
      },
      () => this.#isSignedIn(),
    );
    this.#socket.open();
  }

  /** Ends this page's session. Rejects with a BatonRefusal where that could not be done. */
  async signOut(): Promise<void> {
    try {
      await this.#api.signOut();
    } catch (error) {
      if (!isUnauthorized(error)) throw error; // Else it has ended already.
    }
    this.#signedOut();
  }

  // --- Baton, as the commands need it --------------------------------------------------------------------------------

  send(request: Request): Promise<void> {
    return this.#api.send(request);
  }

  read<T>(path: string): Promise<T> {
    return this.#api.read<T>(path);
  }

  preflight(destination: unknown): Promise<BatonRefusal | null> {
    return this.#api.preflight(destination);
  }

  onEvent(listener: (event: BatonEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  // --- What happens --------------------------------------------------------------------------------------------------

  #take(event: BatonEvent): void {
    this.#desk.take(event);
    for (const listener of [...this.#listeners]) listener(event);
    if (event.topic === "Agent" && event.subtopic === "StateSync" && !this.#desk.state.agent) {
      // Whoever opens the panel goes to work: Amazon's signs the agent in likewise, offline.
      const login: Request = { topic: "Agent", subtopic: "Login", id: crypto.randomUUID() };
      this.#byItself(
        () => this.send(login),
        () => !this.#desk.state.agent,
      );
    }
    if (event.topic === "InboundCall" && event.subtopic === "StateSync" && this.#desk.state.call) {
      const { contactId } = this.#desk.state.call;
      const known = this.#desk.state.transfer;
      const wanted = (): boolean =>
        this.#desk.state.call?.contactId === contactId && this.#desk.state.transfer === known;
      this.#byItself(async () => {
        const newest = await this.#newestTransfer(contactId);
        // One that has ended is nothing to a page that never showed it.
        if (newest && wanted() && (known || isRunning(newest))) this.#desk.takeTransfer(newest);
      }, wanted);
    }
  }

  /** Does what nobody waits for, while it is `wanted` and the same agent is signed in. */
  #byItself(attempt: () => Promise<void>, wanted = (): boolean => true): void {
    const turn = this.#turn;
    persist(attempt, () => turn === this.#turn && wanted()).catch((error: unknown) => {
      if (turn !== this.#turn) return;
      if (isUnauthorized(error)) return this.#signedOut();
      console.error(error);
    });
  }

  /** A state sync tells of no transfer, and the events of one may be past. */
  async #newestTransfer(contactId: string): Promise<Transfer | undefined> {
    const { items } = await this.read<{ items: Transfer[] }>(
      `/v1/transfers?contactId=${contactId}`,
    );
    return items[0];
  }

  #changed(state: State, before: State): void {
    if (state.agent) this.#info = state.agent.info;
    this.#show();
    const muted = state.agent?.info.muted ?? false;
    if (muted !== (before.agent?.info.muted ?? false)) this.#frame.muted(muted);
  }

  #show(): void {
    const { state, choices } = this.#desk;
    // Before Baton has told who the agent is, there is nothing to tell the library.
    if (!this.#info) return;
    const snapshot = snapshotOf(state, choices, new Date());
    this.#frame.update(snapshot, configurationOf(this.#info, choices));
    this.#view.show(this.#info.name, snapshot.state.name, this.#connected);
  }

  async #mute(muted: boolean | null): Promise<void> {
    const now = this.#desk.state.agent?.info.muted ?? false;
    if (muted === null || muted === now) return this.#frame.muted(now);
    // The library's mute() has no callback, so how it stands is told either way.
    await setMute(this.#desk, muted, crypto.randomUUID()).catch(() => this.#frame.muted(now));
  }

  async #readChoices(): Promise<void> {
    const states = await this.#api.ask<StateChoice[]>("Agent", "GetStates");
    const { items } = await this.#api.read<{ items: ServedQueue[] }>("/v1/queues");
    this.#desk.choices = { states, queues: items };
  }

  async #isSignedIn(): Promise<boolean> {
    try {
      await this.#api.ask("Agent", "GetStates");
      return true;
    } catch (error) {
      if (isUnauthorized(error)) return false;
      throw error;
    }
  }

  /** May be found out in several ways, one after the other. */
  #signedOut(): void {
    ++this.#turn;
    this.#socket?.close();
    this.#socket = null;
    this.#frame.close();
    this.#desk.forget();
    this.#info = null;
    if (this.#asking) return;
    this.#asking = true;
    const done = (): void => {
      this.#asking = false;
      void this.start();
    };
    this.#view.signIn(askForSignIn(this.#api, done));
  }
}
