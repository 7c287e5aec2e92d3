import { BatonError, type ConnectionState } from "@baton/client";
import { effect, type ReadonlySignal, untracked } from "@preact/signals";

const PAUSE_MS = 5_000;

/** The server says the same to whoever asks again: not that it is away, or has too much to do. */
const isFinal = (error: unknown): error is BatonError =>
  error instanceof BatonError && error.status < 500 && error.status !== 429;

/**
 * Reads with each connection what no event tells, and where that fails again and again until it is there, or refused for
 * good: a network that comes back in time ends no connection.
 *
 * @param read rejects where it has not got it
 * @param refused is told why it is not read again on this connection
 * @returns what ends that
 */
export function readOnceConnected(
  connection: ReadonlySignal<ConnectionState>,
  read: () => Promise<void>,
  refused: (why: BatonError) => void,
): () => void {
  return effect(() => {
    if (connection.value !== "open") return undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let over = false;
    const tryIt = (): void => {
      read().catch((error: unknown) => {
        if (over) return;
        if (isFinal(error)) refused(error);
        else timer = setTimeout(tryIt, PAUSE_MS);
      });
    };
    untracked(tryIt);
    return () => {
      over = true;
      clearTimeout(timer);
    };
  });
}

/**
 * Reads now, and again that long after each answer: one that takes longer is awaited, and not asked for anew. It is not
 * read again while nobody sees the page.
 *
 * @returns what ends that
 */
export function keepReading(read: () => Promise<void>, pauseMs: number): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let over = false;
  const next = async (seen = true): Promise<void> => {
    if (seen) await read();
    if (!over) timer = setTimeout(() => void next(!document.hidden), pauseMs);
  };
  void next();
  return () => {
    over = true;
    clearTimeout(timer);
  };
}
