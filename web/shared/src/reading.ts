import type { ConnectionState } from "@baton/client";
import { effect, type ReadonlySignal, untracked } from "@preact/signals";

const PAUSE_MS = 5_000;

/**
 * Reads with each connection what no event tells, and where that fails again and again until it is there: a network that
 * comes back in time ends no connection.
 *
 * @param read rejects where it has not got it
 * @returns what ends that
 */
export function readOnceConnected(
  connection: ReadonlySignal<ConnectionState>,
  read: () => Promise<void>,
): () => void {
  return effect(() => {
    if (connection.value !== "open") return undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let over = false;
    const tryIt = (): void => {
      read().catch(() => {
        if (!over) timer = setTimeout(tryIt, PAUSE_MS);
      });
    };
    untracked(tryIt);
    return () => {
      over = true;
      clearTimeout(timer);
    };
  });
}
