import type { Transfer } from "@baton/client";
import { destinationName, readable } from "@baton/shared/numbers.ts";
import { t, tOf } from "./texts.ts";
import { number } from "./times.ts";

/** What is told of a transfer, in plain words, to who is none of its parties. */

type Told = Transfer & { agent: string };

const valuesOf = (transfer: Told): Record<string, string | number> => {
  const name = destinationName(transfer);
  return {
    agent: transfer.agent,
    name,
    queue: transfer.queueName ?? t("someQueue"),
    position: transfer.position ?? "",
    who: transfer.connectedTo ? readable(transfer.connectedTo) : name,
    reason: tOf("reason", transfer.reason ?? "internal", { name }),
  };
};

/** The state in one sentence. */
export function stateSentence(transfer: Told): string {
  const { state, reason, position } = transfer;
  const plain = state === "queued" && position === undefined;
  const calledOff = state === "returning" && reason === "canceled";
  const named = plain ? "queuedPlain" : calledOff ? "returningCanceled" : state;
  return tOf("state", named, valuesOf(transfer));
}

/** Who has the customer. */
export const custodySentence = (transfer: Told): string => {
  if (transfer.custody === "queue" && transfer.queueName === undefined)
    return t("custodyQueueUnnamed");
  const values = valuesOf(transfer);
  return tOf("custody", transfer.custody, {
    ...values,
    name: transfer.connectedTo ? (values.who ?? "") : (values.name ?? ""),
  });
};

/** Who handed on to whom. */
export const partiesOf = (transfer: Told): { agent: string; name: string } => ({
  agent: transfer.agent,
  name: destinationName(transfer),
});

/** What a CSV file lacks of what was searched for, and how to get it; nothing where it has all. */
export const csvSentence = ({ rows, total }: { rows: number; total: number }): string =>
  total > rows ? t("csvCut", { rows: number(rows), total: number(total) }) : "";
