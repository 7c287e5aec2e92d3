import type { Capabilities, TransferOptions } from "@baton/client";

/** What is done first when nobody takes the call. */
export type Step = "return" | "originalQueue" | "disconnect";

const AFTER: Record<Step, NonNullable<TransferOptions["onFailure"]>> = {
  return: ["return", "originalQueue"],
  originalQueue: ["originalQueue", "return"],
  disconnect: ["disconnect"],
};

/**
 * Whether the back end carries a transfer on after the agent is released: only then can he say what follows a failure, or
 * have his note shown to the next agent. Until the server told, the embedded back end is taken for granted.
 */
export const fallsBack = (capabilities: Capabilities | null): boolean =>
  capabilities?.fallbackAfterRelease ?? true;

/** The options of a transfer, without those that the back end refuses. */
export function optionsFor(
  capabilities: Capabilities | null,
  chosen: { seconds: number; step: Step; note: string },
): TransferOptions {
  const note = chosen.note.trim();
  return {
    ringTimeoutSeconds: chosen.seconds,
    ...(fallsBack(capabilities) ? { onFailure: AFTER[chosen.step] } : {}),
    ...(fallsBack(capabilities) && note ? { note } : {}),
  };
}
