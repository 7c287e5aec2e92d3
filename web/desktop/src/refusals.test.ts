import type { ApiErrorData } from "@baton/client";
import { language } from "@baton/shared/texts.ts";
import { afterEach, describe, expect, it } from "vitest";
import { refusalText } from "./refusals.ts";

const refusal = (more: Partial<ApiErrorData>, backend?: string): string =>
  refusalText(
    { errorType: "BLIND_TRANSFER_FAILED", msg: "?", errorMessage: "?", ...more },
    "Billing",
    backend,
  );

afterEach(() => {
  language.value = "en";
});

describe("a refusal", () => {
  it("of a transfer is about its destination", () => {
    expect(refusal({ reason: "agentUnavailable", agentState: "Busy" })).toBe(
      "The agent is not free. Try again later, or choose another destination.",
    );
    expect(refusal({ reason: "noActiveCall" })).toContain("There is no call to transfer");
  });

  it("for want of a telephone names it, in both languages", () => {
    const types = [
      "UPDATE_AGENT_STATE_FAILED",
      "MAKE_CALL_FAILED",
      "CANCEL_TRANSFER_FAILED",
    ] as const;
    for (const errorType of types)
      expect(refusal({ errorType, reason: "agentUnavailable", agentState: "Offline" })).toContain(
        "telephone",
      );
    language.value = "de";
    for (const errorType of types)
      expect(refusal({ errorType, reason: "agentUnavailable", agentState: "Offline" })).toContain(
        "Telefon",
      );
  });

  it("of a call beside another one, or before the last one is finished, says to finish it", () => {
    const errorType = "MAKE_CALL_FAILED";
    for (const agentState of [
      "PendingBusy",
      "Busy",
      "AfterCallWork",
      "MissedCallAgent",
      "FailedConnectCustomer",
    ])
      expect(refusal({ errorType, reason: "agentUnavailable", agentState })).toBe(
        "Finish your call first.",
      );
    expect(
      refusal({ errorType, reason: "transferInProgress", runningTransferId: "7c1e1f0e" }),
    ).toBe("This call is being transferred. Wait for it, or cancel it.");
  });

  it("of an answer that the telephone did not carry out speaks of the telephone", () => {
    const reasons = [
      "busy",
      "rejected",
      "noAnswer",
      // A 404 or a 503 of the telephone's: there is neither a number to check nor a carrier.
      "numberNotFound",
      "carrierUnavailable",
    ] as const;
    for (const reason of reasons)
      expect(refusal({ errorType: "ANSWER_CALL_FAILED", reason })).toContain(
        "The call was not joined to your telephone.",
      );
  });

  it("for want of a bridge to Amazon Connect names the page to open, in both languages", () => {
    const none = { reason: "backendUnavailable", agentState: "LoggedOut" } as const;
    const types = [
      "LOGIN_FAILED",
      "UPDATE_AGENT_STATE_FAILED",
      "BLIND_TRANSFER_FAILED",
    ] as unknown as ApiErrorData["errorType"][];
    const again = "Try again in a moment";
    for (const errorType of types) {
      expect(refusal({ ...none, errorType }, "amazon-connect")).toContain("/amazon/");
      expect(refusal({ ...none, errorType }, "sip")).toContain(again);
      // It was asked, or nobody was: a moment later all may be well.
      const backend = { name: "amazon-connect", code: 500, text: "NetworkingError" };
      expect(refusal({ ...none, errorType, backend }, "amazon-connect")).toContain(again);
      const reason = "backendUnavailable";
      expect(refusal({ reason, errorType }, "amazon-connect")).toContain(again);
    }
    language.value = "de";
    expect(refusal(none, "amazon-connect")).toContain("/amazon/ öffnen");
  });

  it("of who is not at work says so", () => {
    const errorType = "UPDATE_AGENT_STATE_FAILED";
    expect(refusal({ errorType, reason: "agentUnavailable", agentState: "LoggedOut" })).toBe(
      "You are not at work. Start work first.",
    );
  });

  it("of anything else speaks of no transfer", () => {
    for (const errorType of ["ANSWER_CALL_FAILED", "HOLD_CALL_FAILED"] as const) {
      const text = refusal({ errorType, reason: "noActiveCall" });
      expect(text).toBe(
        "That is not possible with this call now. What you see shows how it stands.",
      );
    }
    expect(refusal({ errorType: "CANCEL_TRANSFER_FAILED", reason: "transferInProgress" })).toBe(
      "The customer cannot be taken back now.",
    );
    expect(refusal({ errorType: "AGENT_STATE_NOT_FOUND", reason: "invalidMessage" })).toBe(
      "This state does not exist any more. Load the page again.",
    );
  });

  it("of a transfer beside another party speaks of no running one, and says how long to wait", () => {
    const reason = "transferInProgress";
    const runningTransferId = "7c1e1f0e-4f7a-4f43-9b57-6d4f1c9d2a10";
    expect(refusal({ reason, runningTransferId })).toContain("is running");
    expect(refusal({ reason })).toContain("Another party is on this call");
    expect(refusal({ reason, retryAfterSeconds: 12 })).toContain("in 12 s");
    language.value = "de";
    expect(refusal({ reason })).toContain("Im Anruf ist noch jemand");
    expect(refusal({ reason, retryAfterSeconds: 12 })).toContain("in 12 s");
  });

  it("of a call that was not made says why, as a transfer's does", () => {
    expect(refusal({ errorType: "MAKE_CALL_FAILED", reason: "countryNotAllowed" })).toContain(
      "Calls to this country are not allowed",
    );
    expect(refusal({ errorType: "MAKE_CALL_FAILED", reason: "noAnswer" })).toBe(
      "Nobody answered. Try again later.",
    );
  });

  it("shows a reason that is newer than the page as it came, with the server's advice", () => {
    const reason = "somethingNew" as NonNullable<ApiErrorData["reason"]>;
    expect(refusal({ errorType: "HOLD_CALL_FAILED", reason, suggestedAction: "Wait." })).toBe(
      "somethingNew. Wait.",
    );
  });
});
