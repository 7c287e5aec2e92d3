import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { EMPTY } from "./state.ts";
import { callOf } from "./testing.ts";

/** The page has one session, with what a browser has around it. */
let session: typeof import("./session.ts");
/** Answers the request that is on its way. */
let answer: (status: number, body: object) => void;

beforeEach(async () => {
  vi.stubGlobal("location", new URL("https://baton.example/"));
  vi.stubGlobal("addEventListener", vi.fn());
  vi.stubGlobal(
    "fetch",
    () =>
      new Promise((resolve) => {
        answer = (status, body) => resolve(new Response(JSON.stringify(body), { status }));
      }),
  );
  vi.useFakeTimers();
  vi.resetModules();
  session = await import("./session.ts");
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const shows = (contactId: string): void => {
  session.state.value = { ...EMPTY, call: callOf(contactId, ["blindTransfer"]) };
};
const ACCEPTED = { id: "x", accepted: true, transferId: "t1" };
const CLOSED = { errorType: "BLIND_TRANSFER_FAILED", msg: "no", reason: "queueClosed" };
const WHY = "The queue is closed. Choose another queue, or a number.";

/** Transfers the call that is shown; gives back what ends that by an answer. */
async function transferring(): Promise<(status: number, body: object) => Promise<void>> {
  session.transferBoxOpen.value = true;
  const done = session.transfer("+12082097345", {}, null);
  await vi.advanceTimersByTimeAsync(0);
  const itsAnswer = answer;
  return (status, body) => (itsAnswer(status, body), done);
}
const told = (): unknown[] => [
  session.transferBoxOpen.value,
  session.transferFailure.value,
  session.refusal.value,
];

describe("the answer to a transfer", () => {
  it("closes its call's box, or is told in it", async () => {
    shows("c1");
    await (
      await transferring()
    )(422, CLOSED);
    expect(told()).toEqual([true, WHY, ""]);
    await (
      await transferring()
    )(202, ACCEPTED);
    expect(told()).toEqual([false, "", ""]);
  });

  it("does nothing to the box of another call, which came forward meanwhile", async () => {
    for (const [status, body, refusal] of [
      [202, ACCEPTED, ""],
      [422, CLOSED, WHY],
    ] as const) {
      shows("c1");
      const answered = await transferring();
      shows("c2");
      session.transferBoxOpen.value = true;
      await answered(status, body);
      expect(told()).toEqual([true, "", refusal]);
    }
  });

  it("is awaited by its own call alone: another one can be transferred meanwhile", async () => {
    shows("c1");
    const answered = await transferring();
    expect(session.transferring.value).toBe(true);
    shows("c2");
    expect(session.transferring.value).toBe(false);
    const second = await transferring();
    expect(session.transferFailure.value).toBe("");
    shows("c1");
    await second(202, ACCEPTED);
    expect(session.transferring.value).toBe(true);
    await answered(202, ACCEPTED);
    expect(session.transferring.value).toBe(false);
  });
});

it("says why it cannot have the states that an agent may choose", async () => {
  vi.stubGlobal("document", { hidden: false });
  const refusal = { errorType: "NOT_PERMITTED", msg: "Ask who runs the network." };
  vi.stubGlobal("fetch", async () => new Response(JSON.stringify(refusal), { status: 403 }));
  vi.resetModules();
  session = await import("./session.ts");
  session.connection.value = "open";
  await vi.advanceTimersByTimeAsync(0);
  expect(session.refusal.value).toBe(refusal.msg);
});
