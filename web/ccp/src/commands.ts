/** What the library asks for (connect.ClientMethods), carried out by Baton's messages. */

import { outcomeOf } from "./baton.ts";
import { callOf, legOf, type Command, type Desk, type Reply } from "./command.ts";
import { toStreamsError } from "./errors.ts";
import { agentStateOf } from "./snapshot.ts";
import { StreamsError, type Endpoint, type ExceptionType } from "./streams.ts";
import { createAdditionalConnection, destinationOf, destroyConnection } from "./transfer.ts";

/** A quick connect of GET /v1/quick-connects. */
interface QuickConnect extends Endpoint {
  available: boolean;
}

const PAGE = 500;

const COMMANDS: Record<string, Command> = {
  putAgentState,
  getEndpoints,
  acceptContact: async (desk, params, id) => {
    const call = callOf(desk, params);
    await desk.baton.send({ topic: "InboundCall", subtopic: "Answer", data: call.contactId, id });
    return {};
  },
  rejectContact: async (desk, params, id) => {
    const call = callOf(desk, params);
    await desk.baton.send({ topic: "InboundCall", subtopic: "Reject", data: call.contactId, id });
    return {};
  },
  holdConnection: (desk, params, id) => holdOrResume(desk, params, id, "Hold"),
  resumeConnection: (desk, params, id) => holdOrResume(desk, params, id, "Resume"),
  sendDigits,
  muteParticipant: (desk, params, id) => muteOrUnmute(desk, params, id, "Mute"),
  unmuteParticipant: (desk, params, id) => muteOrUnmute(desk, params, id, "Unmute"),
  createAdditionalConnection,
  addNewConnection: createAdditionalConnection,
  destroyConnection,
  clearContact,
  completeContact: clearContact,
  createOutboundContact: async (desk, params, id) => {
    await desk.baton.send({
      topic: "InboundCall",
      subtopic: "SetMakeCall",
      data: destinationOf(params),
      id,
    });
    return {};
  },
};

/** Why what Amazon has and Baton has not is refused, where more can be said than that. */
const REFUSALS: Record<string, readonly [ExceptionType, string]> = {
  conferenceConnections: [
    "NotSupportedException",
    "Baton joins no three parties; the third party gets the customer when it answers, or when you leave",
  ],
  toggleActiveConnections: [
    "NotSupportedException",
    "Baton lets nobody talk to the third party before the customer does; there is nothing to swap",
  ],
  transferContact: [
    "InvalidContactTypeException",
    "contact.transfer is for chats and tasks; transfer a call by contact.addConnection",
  ],
  pauseContact: [
    "InvalidContactTypeException",
    "only tasks can be paused; hold the connection of a call",
  ],
  resumeContact: [
    "InvalidContactTypeException",
    "only tasks can be resumed; resume the connection of a call",
  ],
  createTaskContact: ["InvalidContactTypeException", "Baton has calls only, no tasks"],
  updateAgentConfiguration: [
    "InvalidConfigurationException",
    "the directory of Baton holds the configuration of agents; ask its administrator",
  ],
  updateMonitorParticipantState: ["NotSupportedException", "Baton has no monitoring"],
};

/**
 * Carries out a call of the library. Rejects with a StreamsError and nothing else: every call gets an answer, also one
 * that Baton does not know. `id` makes it one request for Baton however often it comes.
 */
export async function carryOut(
  desk: Desk,
  method: string,
  params: Record<string, unknown>,
  id: string,
): Promise<Reply> {
  const command = Object.hasOwn(COMMANDS, method) ? COMMANDS[method] : undefined;
  if (!command) {
    const [type, why] =
      Object.hasOwn(REFUSALS, method) && REFUSALS[method]
        ? REFUSALS[method]
        : (["NotSupportedException", "Baton has no such function"] as const);
    throw new StreamsError(type, `${method}: ${why}`);
  }
  try {
    return await command(desk, params, id);
  } catch (error) {
    throw toStreamsError(error);
  }
}

// --- The agent -------------------------------------------------------------------------------------------------------

async function putAgentState(
  desk: Desk,
  params: Record<string, unknown>,
  id: string,
): Promise<Reply> {
  const wanted = params["state"] as { name?: unknown; agentStateARN?: unknown } | null;
  const info = desk.state.agent?.info ?? null;
  const choice =
    desk.choices.states.find((each) => each.label === wanted?.name) ??
    desk.choices.states.find(
      (each) => agentStateOf(each, info).agentStateARN === wanted?.agentStateARN,
    );
  if (!choice) {
    const known = desk.choices.states.map((each) => each.label).join(", ");
    throw new StreamsError(
      "InvalidStateException",
      `there is no agent state "${String(wanted?.name)}"; there are ${known}`,
    );
  }
  if (!desk.state.agent)
    await desk.baton.send({ topic: "Agent", subtopic: "Login", id: `${id}:login` });
  const { label, code, type } = choice;
  const before = desk.state.agent?.state;
  await desk.baton.send({
    topic: "Agent",
    subtopic: "UpdateState",
    data: { label, code, type },
    id,
  });
  if (before?.type !== "system") return {};
  if (before.name === "AfterCallWork" && params["enqueueNextState"] !== true) {
    // Whoever changes his state in after-call work ends it: Amazon closes the contact then.
    await desk.baton.send({ topic: "InboundCall", subtopic: "ClearContact", id: `${id}:clear` });
  } else if (
    before.name === "Busy" ||
    before.name === "PendingBusy" ||
    before.name === "AfterCallWork"
  ) {
    desk.setNextState(choice);
  }
  return {};
}

async function getEndpoints(desk: Desk, params: Record<string, unknown>): Promise<Reply> {
  const token = params["nextToken"] ?? "0";
  const size =
    typeof params["maxResults"] === "number" && params["maxResults"] > 0
      ? params["maxResults"]
      : PAGE;
  if (typeof token !== "string" || !/^\d{1,9}$/.test(token)) {
    throw new StreamsError(
      "PaginationException",
      `nextToken "${String(token)}" was not given by this list`,
    );
  }
  // Baton shows the agent what any of his queues shows, so the queues asked about make no difference.
  const { items } = await desk.baton.read<{ items: QuickConnect[] }>("/v1/quick-connects");
  const from = Number(token);
  const endpoints = items
    .slice(from, from + size)
    .map(({ endpointARN, endpointId, type, name, phoneNumber, agentLogin, queue }): Endpoint => ({
      endpointARN,
      endpointId,
      type,
      name,
      phoneNumber,
      agentLogin,
      queue,
    }));
  return { endpoints, nextToken: from + size < items.length ? String(from + size) : null };
}

// --- The call --------------------------------------------------------------------------------------------------------

async function holdOrResume(
  desk: Desk,
  params: Record<string, unknown>,
  id: string,
  subtopic: "Hold" | "Resume",
): Promise<Reply> {
  const call = callOf(desk, params);
  if (legOf(desk, call, params) !== "customer") {
    throw new StreamsError(
      "InvalidStateException",
      `${subtopic}: only the customer's connection can be held and resumed`,
    );
  }
  await outcomeOf(desk.baton, { topic: "InboundCall", subtopic, data: call.contactId, id });
  return {};
}

async function muteOrUnmute(
  desk: Desk,
  params: Record<string, unknown>,
  id: string,
  subtopic: "Mute" | "Unmute",
): Promise<Reply> {
  if (legOf(desk, callOf(desk, params), params) !== "agent") {
    throw new StreamsError("NotSupportedException", "Baton mutes the agent only");
  }
  return setMute(desk, subtopic === "Mute", id);
}

/** Mutes or unmutes the agent, as agent.mute() and agent.unmute() ask by a broadcast. */
export async function setMute(desk: Desk, muted: boolean, id: string): Promise<Reply> {
  await outcomeOf(desk.baton, { topic: "Agent", subtopic: muted ? "Mute" : "Unmute", id });
  return {};
}

async function sendDigits(desk: Desk, params: Record<string, unknown>, id: string): Promise<Reply> {
  const call = callOf(desk, params);
  if (legOf(desk, call, params) === "thirdParty") {
    throw new StreamsError("NotSupportedException", "digits go to the customer only");
  }
  const data = params["digits"];
  await desk.baton.send({
    topic: "InboundCall",
    subtopic: "SendDTMF",
    data,
    contactId: call.contactId,
    id,
  });
  return {};
}

async function clearContact(
  desk: Desk,
  params: Record<string, unknown>,
  id: string,
): Promise<Reply> {
  callOf(desk, params);
  await desk.baton.send({ topic: "InboundCall", subtopic: "ClearContact", id });
  return {};
}
