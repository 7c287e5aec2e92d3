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
}

export function stepsOf({ items }: Timeline): Step[] {
  return items.map(({ at, state, custody, reason, detail }, i) => {
    const next = items[i + 1];
    return {
      at,
      state,
      custody,
      reason,
      detail,
      lasted: next ? Date.parse(next.at) - Date.parse(at) : null,
    };
  });
}

/**
 * The transfer as it was at a step, for the sentences that tell a transfer's state. Who answered is known of the end only,
 * and the place in a queue of its last step.
 */
export function recordAt(record: TransferRecord, step: Step): TransferRecord {
  const { position: _position, reason: _reason, queueName, ...rest } = record;
  return {
    ...rest,
    state: step.state,
    custody: step.custody,
    at: step.at,
    ...(queueName !== undefined && { queueName }),
    ...(step.reason !== undefined && { reason: step.reason }),
  };
}
