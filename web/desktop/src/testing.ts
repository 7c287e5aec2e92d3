import type { Call } from "./state.ts";

/** A call in which the agent may do that. */
export const callOf = (contactId: string, can: string[]): Call =>
  ({
    contactId,
    legs: {
      agent: { buttonStates: Object.fromEntries(can.map((name) => [name, true])) },
    },
  }) as unknown as Call;
