import type { Transfer } from "@baton/client";
import { language } from "@baton/shared/texts.ts";
import { afterEach, describe, expect, it } from "vitest";
import { custodySentence, transferSentence, whatNow } from "./sentences.ts";

const transfer = (more: Partial<Transfer>): Transfer =>
  ({
    state: "alerting",
    custody: "server",
    destination: { name: "Billing", phoneNumber: null },
    ...more,
  }) as Transfer;

afterEach(() => {
  language.value = "en";
});

describe("sentences", () => {
  it("says each state in plain words", () => {
    expect(transferSentence(transfer({}))).toBe("Ringing at Billing");
    expect(transferSentence(transfer({ state: "queued", position: 3, queueName: "Sales" }))).toBe(
      "Waiting in Sales, place 3",
    );
    expect(transferSentence(transfer({ state: "returned", reason: "noAnswer" }))).toBe(
      "Returned: no answer from Billing",
    );
    expect(transferSentence(transfer({ state: "failed", reason: "busy" }))).toBe(
      "The transfer to Billing failed: the line is busy",
    );
    expect(transferSentence(transfer({ state: "connected", connectedTo: "+12082097345" }))).toBe(
      "+1 208 209 7345 has the customer",
    );
  });

  it("says them in German, too", () => {
    language.value = "de";
    expect(transferSentence(transfer({ state: "failed", reason: "busy" }))).toBe(
      "Die Weitergabe an Billing ist gescheitert: es ist besetzt",
    );
    expect(custodySentence(transfer({ custody: "gone" }))).toBe("Fort: der Anruf ist beendet");
  });

  it("says what to do where nobody took the call, in both languages", () => {
    const busy = transfer({ state: "failed", reason: "busy" });
    expect(whatNow(busy)).toBe("Try again later, or choose another destination.");
    expect(whatNow(transfer({ state: "returned", reason: "canceled" }))).toBe("");
    expect(whatNow(transfer({ state: "abandoned", reason: "customerHungUp" }))).toBe("");
    expect(whatNow(transfer({ state: "alerting" }))).toBe("");
    language.value = "de";
    expect(whatNow(busy)).toBe("Später noch einmal versuchen, oder ein anderes Ziel wählen.");
  });

  it("does not say that nobody took what somebody called off", () => {
    const back = transfer({ state: "returning", reason: "canceled" });
    expect(transferSentence(back)).toBe("Called off: coming back to you");
    expect(transferSentence(transfer({ state: "returned", reason: "canceled" }))).toBe(
      "Returned: it was called off",
    );
    expect(transferSentence(transfer({ state: "returning", reason: "noAnswer" }))).toBe(
      "Nobody took it: coming back to you",
    );
    language.value = "de";
    expect(transferSentence(back)).toBe("Abgebrochen: kommt zu Ihnen zurück");
  });

  it("does not say who has called it off, which may have been a supervisor", () => {
    expect(transferSentence(transfer({ state: "canceled", reason: "canceled" }))).toBe(
      "You have the customer back",
    );
  });

  it("shows a reason that is newer than the page as it came", () => {
    const reason = "somethingNew" as NonNullable<Transfer["reason"]>;
    expect(transferSentence(transfer({ state: "failed", reason }))).toContain("somethingNew");
  });
});
