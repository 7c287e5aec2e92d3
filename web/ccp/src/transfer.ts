/** addConnection and destroy: a blind transfer, told in the library's words. */

import { outcomeOf } from "./baton.ts";
import { callOf, legOf, type Desk, type Reply } from "./command.ts";
import { toStreamsError } from "./errors.ts";
import { isBeforeRelease, isOffered, type Leg } from "./state.ts";
import { StreamsError, type Endpoint } from "./streams.ts";

/** What `data` of BlindTransfer and SetMakeCall says of the endpoint that the library sends. */
export function destinationOf(params: Record<string, unknown>): unknown {
  const endpoint = params["endpoint"] as Partial<Endpoint> | null | undefined;
  const arn = endpoint?.endpointARN ?? endpoint?.endpointId ?? null;
  if (arn !== null) {
    const { type } = endpoint as Endpoint;
    return {
      endpointARN: arn,
      endpointId: arn,
      type,
      // The directory's name wins over ours, but Baton insists on one.
      name: endpoint?.name || arn,
      phoneNumber: type === "phone_number" ? plainNumber(endpoint?.phoneNumber) : null,
      agentLogin: null,
      queue: null,
    };
  }
  const number = plainNumber(endpoint?.phoneNumber);
  if (endpoint?.type !== "phone_number" || number === null) {
    throw new StreamsError(
      "BadEndpointException",
      "the endpoint is neither a quick connect (endpointARN) nor a phone number; use getEndpoints or Endpoint.byPhoneNumber",
    );
  }
  return number;
}

/** "+12065550100" of "sip:+12065550100@example.com", as the library's own stripPhoneNumber(). */
function plainNumber(number: string | null | undefined): string | null {
  if (typeof number !== "string") return null;
  return /^sip:([^@;]*)/.exec(number)?.[1] ?? number;
}

/**
 * A blind transfer, told in the library's words. The customer is held first, since the library promises that adding a
 * connection does it; then the destination is dialled, and whoever answers gets the customer. The agent may leave before.
 * A queue takes the customer at once. What is refused touches nobody: it is asked before (preflight).
 */
export async function createAdditionalConnection(
  desk: Desk,
  params: Record<string, unknown>,
  id: string,
): Promise<Reply> {
  const call = callOf(desk, params);
  const data = destinationOf(params);
  const { customerLeg } = call;
  if (!customerLeg || isOffered(call) || !isUp(customerLeg)) {
    throw new StreamsError("InvalidStateException", "the customer is not connected to this agent");
  }
  if (desk.state.transfer && isBeforeRelease(desk.state.transfer)) {
    throw new StreamsError(
      "InvalidStateException",
      "a third party is being called already; destroy its connection first",
    );
  }
  const refusal = await desk.baton.preflight(data);
  if (refusal) throw toStreamsError(refusal);
  const queue = typeof data === "object" && data !== null && (data as Endpoint).type === "queue";
  const held = !queue && customerLeg.status !== "hold";
  const { contactId } = call;
  if (held)
    await outcomeOf(desk.baton, {
      topic: "InboundCall",
      subtopic: "Hold",
      data: contactId,
      id: `${id}:hold`,
    });
  try {
    await desk.baton.send({
      topic: "InboundCall",
      subtopic: "BlindTransfer",
      data,
      contactId,
      id,
      ...(queue ? {} : { options: { releaseOn: "answered" } }),
    });
  } catch (error) {
    // Refused after all. Nobody was added, so nobody may be left on hold for it; the refusal is what is told.
    if (held) {
      await desk.baton
        .send({ topic: "InboundCall", subtopic: "Resume", data: contactId, id: `${id}:resume` })
        .catch(() => undefined);
    }
    throw error;
  }
  return {};
}

function isUp(leg: Leg): boolean {
  return leg.status === "connected" || leg.status === "hold";
}

export async function destroyConnection(
  desk: Desk,
  params: Record<string, unknown>,
  id: string,
): Promise<Reply> {
  const call = callOf(desk, params);
  const { transfer } = desk.state;
  const which = legOf(desk, call, params);
  if (which === "thirdParty") {
    if (!transfer || !isBeforeRelease(transfer)) return {};
    await desk.baton.send({
      topic: "InboundCall",
      subtopic: "CancelTransfer",
      data: transfer.transferId,
      id,
    });
    return {};
  }
  if (call.agentLeg?.status === "disconnected") return {}; // He was released meanwhile: what he wants is so.
  if (isOffered(call)) {
    await desk.baton.send({ topic: "InboundCall", subtopic: "Reject", data: call.contactId, id });
    return {};
  }
  if (which === "customer" && transfer && isBeforeRelease(transfer)) {
    throw new StreamsError(
      "InvalidStateException",
      "Baton has no call between the agent and a third party alone; destroy the third party, or leave",
    );
  }
  await desk.baton.send({ topic: "InboundCall", subtopic: "Disconnect", data: call.contactId, id });
  return {};
}
