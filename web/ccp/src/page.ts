/** The page /ccp-v2/ in a frame of a desktop: puts the parts together. */

import { Api } from "./api.ts";
import { type Baton, type BatonRefusal, type Request, said } from "./baton.ts";
import { carryOut, setMute } from "./commands.ts";
import { toStreamsError } from "./errors.ts";
import { Desk } from "./desk.ts";
import { Frame } from "./frame.ts";
import { isUnauthorized, persist } from "./retry.ts";
import { configurationOf, snapshotOf, type ServedQueue } from "./snapshot.ts";
import {
  isRunning,
  type AgentInfo,
  type AgentState,
  type BatonEvent,
  type State,
  type StateChoice,
  type Transfer,
} from "./state.ts";
import { Socket } from "./socket.ts";
import { askForSignIn, thankForOffers, type SignInPrompt } from "./sign_in.ts";

/** What the page shows beside what it tells the library. */
export interface View {
  /** The agent's name and state, and whether Baton is reached. */
  show(who: string, state: string, connected: boolean): void;
  /** Nobody is signed in. */
  signIn(prompt: SignInPrompt): void;
  /** What Baton says of a sign-out that it did not carry out as asked. Nobody may be signed in all the same. */
  signOutRefused(why: string): void;
}

/** What the page shows for the states that nobody chooses. The library's own words go to the library alone. */
const IN_WORDS: Record<string, string> = {
  PendingBusy: "Call offered",
  CallingCustomer: "Calling",
  Busy: "In a call",
  AfterCallWork: "After-call work",
  MissedCallAgent: "Missed call",
  FailedConnectAgent: "Call not taken",
  FailedConnectCustomer: "Not reached",
};

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
  /** Nothing is known yet of the agent since the start: where he is signed out then, he goes to work. */
  #fresh = false;
  /** The id of the Login by which this page signs the agent in. */
  #login: string | null = null;
  /** The id of the request that takes him offline after it: until that is done, the library is told nothing. */
  #goingOffline: string | null = null;

  /** `host` embeds this page, and `origins` may. */
  constructor(host: Window, origins: readonly string[], view: View) {
    this.#view = view;
    this.#desk = new Desk(this, (state, before) => this.#changed(state, before));
    this.#frame = new Frame(host, origins, crypto.randomUUID(), {
      request: (method, params, id) => carryOut(this.#desk, method, params, id),
      errorText: (error) => toStreamsError(error).toText(),
      mute: (muted) => void this.#mute(muted),
      reload: () => void this.#byItself(() => this.#readChoices().then(() => this.#show())),
      broadcast: (event, data) => this.#channel.postMessage({ event, data }),
    });
    window.addEventListener("message", ({ source, origin, data }) => {
      if (source === host) this.#frame.receive(data, origin);
    });
    thankForOffers(() => this.#info?.loginName);
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
    this.#fresh = true;
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

  /** Ends this page's session. */
  async signOut(): Promise<void> {
    try {
      await this.#api.signOut();
    } catch (error) {
      // Unauthorized: it has ended already. Else it may have ended, too: then the socket tells it, before this or after.
      if (!isUnauthorized(error)) return this.#view.signOutRefused(said(error));
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
    if (event.topic === "Agent") this.#goOffline(event);
    this.#desk.take(event);
    for (const listener of [...this.#listeners]) listener(event);
    if (event.topic === "Agent" && event.subtopic === "StateSync" && this.#fresh) {
      this.#fresh = false;
      if (!this.#desk.state.agent) this.#goToWork();
    }
    if (event.topic === "InboundCall" && event.subtopic === "StateSync" && this.#desk.state.call) {
      const { contactId } = this.#desk.state.call;
      const known = this.#desk.state.transfer;
      const wanted = (): boolean =>
        this.#desk.state.call?.contactId === contactId && this.#desk.state.transfer === known;
      void this.#byItself(async () => {
        const newest = await this.#newestTransfer(contactId);
        // One that has ended is nothing to a page that never showed it.
        if (newest && wanted() && (known || isRunning(newest))) this.#desk.takeTransfer(newest);
      }, wanted);
    }
  }

  /**
   * Whoever opens the panel goes to work: Amazon's signs the agent in likewise. At a later sync he may have ended work at
   * another page, where this one was only left open.
   */
  #goToWork(): void {
    this.#login = crypto.randomUUID();
    const login: Request = { topic: "Agent", subtopic: "Login", id: this.#login };
    void this.#byItself(
      () => this.send(login),
      () => !this.#desk.state.agent,
    );
  }

  /**
   * A Login brings back the state from before the last Logout: without this, opening a page would make the agent available
   * for calls. It carries the Login's id only where it was this page's that signed him in.
   */
  #goOffline(event: BatonEvent): void {
    if (event.subtopic === "StateSync" || (event.id && event.id === this.#goingOffline))
      this.#goingOffline = null;
    if (event.subtopic !== "SetAgentState" || !event.id || event.id !== this.#login) return;
    this.#login = null;
    const { rules } = event.message as { rules: { ResponseActual: AgentState } };
    const offline = this.#desk.choices.states.find(({ type }) => type === "offline");
    if (!offline || rules.ResponseActual.type === "offline") return;
    const id = (this.#goingOffline = crypto.randomUUID());
    const update: Request = { topic: "Agent", subtopic: "UpdateState", data: offline, id };
    void this.#byItself(() => this.send(update)).then((done) => {
      if (done || this.#goingOffline !== id) return;
      this.#goingOffline = null;
      this.#show();
    });
  }

  /** Does what nobody waits for, while it is `wanted` and the same agent is signed in. True: it was done. */
  async #byItself(attempt: () => Promise<void>, wanted = (): boolean => true): Promise<boolean> {
    const turn = this.#turn;
    try {
      return await persist(attempt, () => turn === this.#turn && wanted());
    } catch (error) {
      if (turn !== this.#turn) return false;
      if (isUnauthorized(error)) this.#signedOut();
      else console.error(error);
      return false;
    }
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
    if (!this.#goingOffline) this.#frame.update(snapshot, configurationOf(this.#info, choices));
    const { name } = snapshot.state;
    const system = state.agent?.state.type === "system";
    this.#view.show(this.#info.name, (system && IN_WORDS[name]) || name, this.#connected);
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
    this.#info = this.#login = this.#goingOffline = null;
    if (this.#asking) return;
    this.#asking = true;
    const done = (): void => {
      this.#asking = false;
      void this.start();
    };
    this.#view.signIn(askForSignIn(this.#api, done));
  }
}
