import type { Timeline, TransferRecord } from "@baton/client";
import { language } from "@baton/shared/texts.ts";
import { afterEach, describe, expect, it } from "vitest";
import { csvSentence, custodySentence, stateSentence } from "./sentences.ts";
import { recordAt, stepsOf } from "./timeline.ts";
import { offset, span } from "./times.ts";

const record = (more: Partial<TransferRecord> = {}): TransferRecord =>
  ({
    agent: "agent1",
    state: "alerting",
    custody: "server",
    destination: { name: "Billing", phoneNumber: null },
    ...more,
  }) as TransferRecord;

afterEach(() => {
  language.value = "en";
});

describe("what a supervisor is told of a transfer", () => {
  it("names the parties, of whom he is none", () => {
    expect(custodySentence(record({ custody: "agent" }))).toBe("With agent1");
    expect(stateSentence(record({ state: "returned", reason: "noAnswer" }))).toBe(
      "Came back to agent1: no answer from Billing",
    );
    expect(stateSentence(record({ state: "connected", connectedTo: "+12082097345" }))).toBe(
      "+1 208 209 7345 has the customer",
    );
    expect(stateSentence(record({ state: "queued", position: 2, queueName: "Sales" }))).toBe(
      "Waiting in Sales, place 2",
    );
    expect(custodySentence(record({ custody: "queue", queueName: "Sales" }))).toBe(
      "In the queue Sales",
    );
  });

  it("is not that nobody took what he called off", () => {
    expect(stateSentence(record({ state: "returning", reason: "canceled" }))).toBe(
      "Called off: coming back to agent1",
    );
    expect(stateSentence(record({ state: "returning", reason: "noAnswer" }))).toBe(
      "Nobody took it: coming back to agent1",
    );
  });

  it("says it in German, too", () => {
    language.value = "de";
    expect(stateSentence(record({ state: "failed", reason: "busy" }))).toBe(
      "Gescheitert: es ist besetzt",
    );
  });
});

describe("a CSV file", () => {
  it("is told to be cut, and what to do, where it does not have all", () => {
    expect(csvSentence({ rows: 3, total: 3 })).toBe("");
    expect(csvSentence({ rows: 100_000, total: 250_001 })).toBe(
      "The file has the newest 100,000 of 250,001 transfers. Choose a shorter time to get the others.",
    );
    language.value = "de";
    expect(csvSentence({ rows: 100_000, total: 250_001 })).toContain("100.000 von 250.001");
  });
});

describe("the steps of a transfer", () => {
  const timeline = {
    items: [
      { at: "2026-01-05T09:00:00.000Z", state: "accepted", custody: "agent", detail: "" },
      { at: "2026-01-05T09:00:02.500Z", state: "queued", custody: "queue", detail: "" },
    ],
  } as unknown as Timeline;

  it("each lasted until the next one", () => {
    expect(stepsOf(timeline).map(({ lasted }) => lasted)).toEqual([2500, null]);
  });

  it("are told without what is known of the end only", () => {
    const [first] = stepsOf(timeline);
    expect(first && recordAt(record({ reason: "busy", position: 3 }), first)).toEqual({
      ...record(),
      state: "accepted",
      custody: "agent",
      at: "2026-01-05T09:00:00.000Z",
    });
  });

  /** The sentences of steps through those states, all with the customer in a queue, of a transfer to that queue or to a number. */
  const told = (queue: string | null, states: [state: string, custody?: string][]): string[] => {
    const destination = {
      name: "To Billing",
      phoneNumber: null,
      queue,
    } as TransferRecord["destination"];
    const items = states.map(([state, custody = "queue"]) => ({
      at: "",
      state,
      custody,
      detail: "",
    }));
    return stepsOf({ items } as unknown as Timeline)
      .map((step) => recordAt(record({ destination, queueName: "Claims" }), step))
      .map((then) => `${stateSentence(then)} / ${custodySentence(then)}`);
  };

  it("name no queue that the customer was not in", () => {
    expect(told(null, [["requeued"], ["connected", "destination"]])[0]).toBe(
      "Nobody took it: waiting in a queue / In a queue",
    );
    expect(
      told("Billing", [["queued"], ["queued"], ["alerting", "server"], ["queued"], ["queued"]]),
    ).toEqual([
      "Waiting in Billing / In the queue Billing",
      "Waiting in a queue / In a queue",
      "Ringing at To Billing / Parked, hears a tone",
      "Waiting in a queue / In a queue",
      "Waiting in Claims / In the queue Claims",
    ]);
    language.value = "de";
    expect(told(null, [["requeued"], ["connected", "destination"]])[0]).toBe(
      "Niemand nahm an: wartet in einer Warteschlange / In einer Warteschlange",
    );
  });

  it("have their times to the millisecond, from the transfer's begin", () => {
    expect(offset("2026-01-05T09:00:00.000Z", "2026-01-05T09:01:02.050Z")).toBe("+1:02.050");
    expect([span(0.004), span(7.14), span(42), span(185)]).toEqual([
      "4\u00a0ms",
      "7.1\u00a0s",
      "42\u00a0s",
      "3:05",
    ]);
  });
});
