import { duration, now } from "@baton/shared/clock.ts";
import { agentStateName } from "@baton/shared/texts.ts";
import type { Row } from "./destinations.ts";
import { t, tOf } from "./texts.ts";

/** How old what is known of a row is, by the server's clock; milliseconds. */
export const ageOf = ({ item }: Row): number => now.value - Date.parse(item.asOf);

/** Why a row cannot take the call. */
export const reasonOf = (row: Row): string =>
  tOf("reason", row.item.unavailableReason ?? "agentUnavailable", { name: row.item.name });

/** Whether it can take the call, with the figures and their age; or why not. */
export function figures(row: Row): string {
  const { item } = row;
  const age = Math.max(0, Math.round(ageOf(row) / 1000));
  const old = age >= 5 ? [t("asOf", { seconds: age })] : [];
  if (!item.available) return [reasonOf(row), ...old].join(" · ");
  if (item.type === "queue") {
    // Of a queue at Amazon Connect the server knows no figures.
    if (item.agentsAvailable === undefined) return "";
    return [
      t("agentsFreeOf", { count: item.agentsAvailable }),
      ...(item.waiting ? [t("waitingOf", { count: item.waiting })] : []),
      ...(item.estimatedWaitSeconds
        ? [t("waitOf", { time: duration(item.estimatedWaitSeconds * 1000) })]
        : []),
      ...old,
    ].join(" · ");
  }
  if (item.type === "agent" && item.agentState)
    return [agentStateName(item.agentState), ...old].join(" · ");
  return "";
}
