/** How long to wait, and what to try again, while Baton is away. */

import { BatonRefusal } from "./baton.ts";

/** The wait before the next attempt doubles from the first to the last; milliseconds. */
export const FIRST_WAIT = 250;
export const LAST_WAIT = 8_000;

/** The waits between attempts that follow each other. */
export class Waits {
  #wait = FIRST_WAIT;

  /** Milliseconds. A random part keeps pages apart, when a server comes back to all of them. */
  next(): number {
    const wait = this.#wait * (0.5 + Math.random() / 2);
    this.#wait = Math.min(this.#wait * 2, LAST_WAIT);
    return wait;
  }

  reset(): void {
    this.#wait = FIRST_WAIT;
  }
}

/** Whoever asks is signed in no longer, or was never. */
export function isUnauthorized(error: unknown): boolean {
  return error instanceof BatonRefusal && error.status === 401;
}

/** Baton is away, or has too much to do: the same may be taken later. */
function isForNow(error: unknown): boolean {
  const status = error instanceof BatonRefusal ? error.status : null;
  return status !== null && (status === 429 || status >= 500);
}

/**
 * Makes `attempt` until it succeeds, as long as it is `wanted`; true: it did. Rejects with what is refused for good.
 */
export async function persist(
  attempt: () => Promise<void>,
  wanted: () => boolean,
): Promise<boolean> {
  const waits = new Waits();
  while (wanted()) {
    try {
      await attempt();
      return true;
    } catch (error) {
      if (!isForNow(error)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, waits.next()));
  }
  return false;
}
