import type { Transfer } from "@baton/client";
import { readable } from "./destinations.ts";
import { t, tOf } from "./texts.ts";

/** What is told of a transfer: the plain words for its state, where the customer is, and why. */

/** "0:07", "12:40", "1:02:03". */
export function duration(ms: number): string {
  const whole = Math.max(0, Math.floor(ms / 1000));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (value: number): string => String(value).padStart(2, "0");
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** Whom it goes to. */
export const destinationName = (transfer: Transfer): string =>
  transfer.destination.name === transfer.destination.phoneNumber
    ? readable(transfer.destination.phoneNumber)
    : transfer.destination.name;

export function reasonText(transfer: Transfer): string {
  return tOf("reason", transfer.reason ?? "internal", { name: destinationName(transfer) });
}

/** The state in one sentence. */
export function transferSentence(transfer: Transfer): string {
  const name = destinationName(transfer);
  const queue = transfer.queueName ?? name;
  if (transfer.state === "queued" && transfer.position === undefined)
    return t("stateQueuedPlain", { queue });
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
