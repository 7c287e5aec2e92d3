import type { Route } from "./route.ts";

/** What is searched for, as the form has it. Empty texts are no condition. */
export interface Conditions {
  agent: string;
  state: string;
  contactId: string;
  /** Local times as `<input type="datetime-local">` has them, such as "2020-04-09T08:37". */
  from: string;
  to: string;
}

/** The states that are searched for. `open` stands for all without an outcome. */
export const STATES = [
  "open",
  "connected",
  "completed",
  "returned",
  "canceled",
  "failed",
  "abandoned",
  "handedOver",
] as const;

/** How many rows a page of the list has. */
export const PAGE = 50;

export const conditionsOf = (route: Route): Conditions => ({
  agent: route.agent ?? "",
  state: route.state ?? "",
  contactId: route.contactId ?? "",
  from: route.from ?? "",
  to: route.to ?? "",
});

/** What is wrong with the conditions, as the name of a text; null: nothing. */
export function faultOf({ contactId, from, to }: Conditions): "badContactId" | "badTimes" | null {
  if (contactId !== "" && !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(contactId))
    return "badContactId";
  if (from !== "" && to !== "" && from > to) return "badTimes";
  return null;
}

/** The parameters of the read. */
export function queryOf(conditions: Conditions): Record<string, string> {
  const { agent, state, contactId, from, to } = conditions;
  const query = {
    agent,
    state,
    contactId: contactId.toLowerCase(),
    from: from && new Date(from).toISOString(),
    to: to && new Date(to).toISOString(),
  };
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== ""));
}
