import type { ApiErrorData, Reason } from "@baton/client";
import { capital } from "@baton/shared/capital.ts";
import { nextStep } from "@baton/shared/texts.ts";
import { t, type TextKey, tOf } from "./texts.ts";

/**
 * What a reason means, and what to do about it, where it is not a transfer that was refused: the words for reasons are
 * those of transfers.
 */
const OF_OTHERS: Partial<Record<Reason, TextKey>> = {
  agentUnavailable: "refusedNoPhone",
  noActiveCall: "refusedNotNow",
  transferInProgress: "refusedTransferring",
};
const BY_TYPE: Partial<Record<ApiErrorData["errorType"], Partial<Record<Reason, TextKey>>>> = {
  BLIND_TRANSFER_FAILED: {},
  CANCEL_TRANSFER_FAILED: {
    agentUnavailable: "refusedTakeBack",
    noActiveCall: "refusedNoTransfer",
    // Too late, by hand in the CCP, or not known yet how it ended: the error does not tell them apart.
    transferInProgress: "refusedNotBack",
  },
  // His own telephone did not do what he pressed: no destination is to be chosen.
  ANSWER_CALL_FAILED: {
    ...OF_OTHERS,
    busy: "refusedNotJoined",
    rejected: "refusedNotJoined",
    noAnswer: "refusedNotJoined",
    // His telephone's own 404 or 503, which of a destination would mean the number or the carrier.
    numberNotFound: "refusedNotJoined",
    carrierUnavailable: "refusedNotJoined",
  },
  // Whom he called; the names of destinations are those of transfers.
  MAKE_CALL_FAILED: { ...OF_OTHERS, noAnswer: "refusedNobody" },
  AGENT_STATE_NOT_FOUND: { invalidMessage: "refusedStateGone" },
};

/** The states of who has a call, or has not finished the last one. */
const AT_A_CALL = [
  "PendingBusy",
  "Busy",
  "AfterCallWork",
  "MissedCallAgent",
  "FailedConnectAgent",
  "FailedConnectCustomer",
];

/**
 * Baton's own refusal for want of a bridge: what Amazon Connect itself says has a `backend`, and a server that is
 * overloaded or stops knows no agent's state.
 */
const wantsBridge = (data: ApiErrorData, backend: string): boolean =>
  backend === "amazon-connect" &&
  data.reason === "backendUnavailable" &&
  data.agentState !== undefined &&
  data.backend === undefined;

/**
 * Why something was refused, and what to do, in words.
 *
 * @param name whom the last transfer went to
 * @param backend where the calls are, as the server's capabilities name it
 */
export function refusalText(data: ApiErrorData, name: string, backend = ""): string {
  const { reason } = data;
  if (wantsBridge(data, backend)) return t("refusedNoBridge");
  // A call is refused for the same reason to who has no telephone and to who has a call already.
  if (
    data.errorType === "MAKE_CALL_FAILED" &&
    reason === "agentUnavailable" &&
    AT_A_CALL.includes(data.agentState ?? "")
  )
    return t("refusedHasCall");
  // The server says so of whoever asks for anything that only agents at work may do.
  const atWork = data.agentState !== "LoggedOut" || reason !== "agentUnavailable";
  const own = atWork
    ? reason && (BY_TYPE[data.errorType] ?? OF_OTHERS)[reason]
    : "refusedNotAtWork";
  if (own) return t(own);
  // At Amazon Connect: the third party is in the way, and there is no transfer to wait for or to cancel.
  const partyAlone = reason === "transferInProgress" && data.runningTransferId === undefined;
  if (data.errorType === "BLIND_TRANSFER_FAILED" && partyAlone)
    return data.retryAfterSeconds === undefined
      ? t("refusedParty")
      : t("refusedPartyFor", { seconds: data.retryAfterSeconds });
  return [
    capital(reason ? tOf("reason", reason, { name }) : data.msg),
    nextStep(reason, data.suggestedAction),
  ]
    .filter(Boolean)
    .join(". ");
}
