/** What the commands of the library have in common. */

import type { Baton } from "./baton.ts";
import type { Choices } from "./snapshot.ts";
import type { Call, State, StateChoice } from "./state.ts";
import { StreamsError } from "./streams.ts";

/** What the commands know and may change. */
export interface Desk {
  readonly baton: Baton;
  readonly state: State;
  readonly choices: Choices;
  /** Sets what the agent goes to after his call (connect's nextState). */
  setNextState(choice: StateChoice | null): void;
}

/** The reply's `data`. */
export type Reply = Record<string, unknown>;

export type Command = (desk: Desk, params: Record<string, unknown>, id: string) => Promise<Reply>;

/** The agent's call, which must be the one that is meant. */
export function callOf(desk: Desk, params: Record<string, unknown>): Call {
  const { call } = desk.state;
  if (!call || call.contactId !== params["contactId"]) {
    throw new StreamsError(
      "InvalidStateException",
      `the contact ${String(params["contactId"])} is no call of this agent`,
    );
  }
  return call;
}

export type Which = "agent" | "customer" | "thirdParty";

/** Which of the call's legs a connectionId names. */
export function legOf(desk: Desk, call: Call, params: Record<string, unknown>): Which {
  const id = params["connectionId"];
  if (id === call.agentLeg?.connectionId) return "agent";
  if (id === call.customerLeg?.connectionId) return "customer";
  if (id === desk.state.transfer?.transferId) return "thirdParty";
  throw new StreamsError(
    "InvalidStateException",
    `the contact ${call.contactId} has no connection ${String(id)}`,
  );
}
