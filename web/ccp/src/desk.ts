/** The agent as this page knows him, and when the library is to be told. */

import type { Baton } from "./baton.ts";
import type { Choices } from "./snapshot.ts";
import {
  EMPTY,
  isSettled,
  reduce,
  transferIs,
  type BatonEvent,
  type State,
  type StateChoice,
  type Transfer,
} from "./state.ts";

/** How long what does not fit together is kept back: Baton tells a change in one go, so this is for its faults. */
export const UNSETTLED_MS = 1_000;

export const NO_CHOICES: Choices = { states: [], queues: [] };

/** Takes Baton's events, one after the other, and calls `changed` when the agent is to be shown anew. */
export class Desk {
  readonly baton: Baton;
  readonly #changed: (state: State, before: State) => void;
  #state = EMPTY;
  #shown = EMPTY;
  #choices = NO_CHOICES;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(baton: Baton, changed: (state: State, before: State) => void) {
    this.baton = baton;
    this.#changed = changed;
  }

  get state(): State {
    return this.#state;
  }

  get choices(): Choices {
    return this.#choices;
  }

  set choices(choices: Choices) {
    this.#choices = choices;
  }

  take(event: BatonEvent): void {
    this.#become(reduce(this.#state, event));
  }

  /** A transfer that was found by asking, since it began before this page. */
  takeTransfer(transfer: Transfer): void {
    this.#become(transferIs(this.#state, transfer));
  }

  /** Forgets the agent, who is signed out here; another one may come. Tells nobody. */
  forget(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#state = this.#shown = EMPTY;
  }

  setNextState(choice: StateChoice | null): void {
    // It may be in force already, when the call ended before the answer to the request came.
    if (choice && this.#state.agent?.state.type !== "system") return;
    this.#become({ ...this.#state, nextState: choice });
  }

  #become(state: State): void {
    if (state === this.#state) return;
    this.#state = state;
    if (isSettled(state)) return this.#show();
    this.#timer ??= setTimeout(() => this.#show(), UNSETTLED_MS);
  }

  #show(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const before = this.#shown;
    this.#shown = this.#state;
    this.#changed(this.#state, before);
  }
}
