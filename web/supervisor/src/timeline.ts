import type { Timeline, TransferRecord } from "@baton/client";

/** A step of a transfer, with how long it lasted. */
export interface Step {
  at: string;
  state: Timeline["items"][number]["state"];
  custody: Timeline["items"][number]["custody"];
  reason: Timeline["items"][number]["reason"];
  detail: string;
  /** Until the next step; null for the last one. Milliseconds. */
  lasted: number | null;
  /** Whether a supervisor had moved the customer to another queue by then. */
  moved: boolean;
}

export function stepsOf({ items }: Timeline): Step[] {
  let moved = false;
  return items.map(({ at, state, custody, reason, detail }, i) => {
    const [before, next] = [items[i - 1], items[i + 1]];
    // Nothing else is a step from a queue to a queue that leaves the state as it is.
    moved ||= custody === "queue" && before?.custody === "queue" && before.state === state;
    return {
      at,
      state,
      custody,
      reason,
      detail,
      lasted: next ? Date.parse(next.at) - Date.parse(at) : null,
      moved,
    };
  });
}

/**
 * The transfer as it was at a step, for the sentences that tell a transfer's state. Who answered is known of the end only,
 * and the place in a queue of its last step. Which queue that is the record tells of its last step, and of the others its
 * destination, as long as nothing went wrong and nobody moved him.
 */
export function recordAt(record: TransferRecord, step: Step): TransferRecord {
  const { position: _position, reason: _reason, queueName: last, ...rest } = record;
  const asked = step.state === "queued" && !step.moved ? record.destination.queue : null;
  const queueName = step.lasted === null ? last : (asked ?? undefined);
  return {
    ...rest,
    state: step.state,
    custody: step.custody,
    at: step.at,
    ...(queueName !== undefined && { queueName }),
    ...(step.reason !== undefined && { reason: step.reason }),
  };
}
