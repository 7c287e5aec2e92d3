/** Baton's refusals in the library's form. */

import type { BatonRefusal } from "./baton.ts";
import { StreamsError, type ExceptionType } from "./streams.ts";

const TYPE_OF_REASON: Record<string, ExceptionType> = {
  invalidDestination: "BadEndpointException",
  destinationNotFound: "BadEndpointException",
  numberNotPossible: "BadEndpointException",
  numberNotFound: "BadEndpointException",
  countryNotAllowed: "BadEndpointException",
  premiumRateBlocked: "BadEndpointException",
  queueClosed: "BadEndpointException",
  queueFull: "BadEndpointException",
  noAgentStaffed: "BadEndpointException",
  agentUnavailable: "InvalidStateException",
  destinationNotPermitted: "AccessDeniedException",
  callNotOwned: "AccessDeniedException",
  rateLimited: "QuotaExceededException",
  notSupported: "NotSupportedException",
  optionNotSupported: "NotSupportedException",
  backendUnavailable: "InternalServiceException",
  internal: "InternalServiceException",
};

/** A refusal of Baton, or what kept it from answering, in the library's form. */
export function toStreamsError(error: unknown): StreamsError {
  if (error instanceof StreamsError) return error;
  const refusal = error as Partial<BatonRefusal>;
  if (typeof refusal.msg !== "string") {
    return new StreamsError(
      "InternalServiceException",
      error instanceof Error ? error.message : String(error),
    );
  }
  const status = refusal.status ?? null;
  const reason = refusal.reason ?? null;
  let type = (reason === null ? undefined : TYPE_OF_REASON[reason]) ?? "InvalidStateException";
  if (status === 401) type = "UnauthorizedException";
  if (status === 403 && type === "InvalidStateException") type = "AccessDeniedException";
  if (status !== null && status >= 500) type = "InternalServiceException";
  return new StreamsError(type, refusal.msg, status, reason);
}
