import type { Transfer } from "@baton/client";
import { destinationName, readable } from "@baton/shared/numbers.ts";
import { nextStep } from "@baton/shared/texts.ts";
import { t, tOf } from "./texts.ts";

/** What is told of a transfer: the plain words for its state, where the customer is, and why. */

export function reasonText(transfer: Transfer): string {
  return tOf("reason", transfer.reason ?? "internal", { name: destinationName(transfer) });
}

/** What to do where nobody took the call; nothing in any other state. A refresh knows it as well as who saw it fail. */
export const whatNow = (transfer: Transfer): string =>
  transfer.state === "failed" || transfer.state === "returned" ? nextStep(transfer.reason) : "";

/** The state in one sentence. */
export function transferSentence(transfer: Transfer): string {
  const name = destinationName(transfer);
  const queue = transfer.queueName ?? name;
  if (transfer.state === "queued" && transfer.position === undefined)
    return t("stateQueuedPlain", { queue });
  // Somebody called it off: a supervisor may have, and nobody may have been asked to take the call yet.
  if (transfer.state === "returning" && transfer.reason === "canceled")
    return t("stateReturningCanceled");
  const connectedTo = transfer.connectedTo;
  return tOf("state", transfer.state, {
    name,
    queue,
    position: transfer.position ?? "",
    who: connectedTo ? readable(connectedTo) : name,
    reason: transfer.reason ? reasonText(transfer) : tOf("reason", "noAnswer", { name }),
  });
}

/** Who has the customer, in words. */
export const custodySentence = (transfer: Transfer): string =>
  tOf("custody", transfer.custody, {
    name: transfer.connectedTo ? readable(transfer.connectedTo) : destinationName(transfer),
  });
