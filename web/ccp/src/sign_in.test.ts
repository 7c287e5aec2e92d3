import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { offerTicket } from "./sign_in.ts";

type Listener = (event: object) => void;

const ORIGIN = "https://baton.example";
const listeners = new Set<Listener>();
const frame = { postMessage: vi.fn(), length: 0, parent: null };
const signIn = vi.fn<() => Promise<string>>();

/** What the frame says. */
async function says(data: object, origin = ORIGIN): Promise<void> {
  for (const each of [...listeners]) each({ origin, data });
  await passes();
}
const passes = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);
/** The ticket that was offered last. */
const offered = (): unknown =>
  (frame.postMessage.mock.lastCall?.[0] as { ticket: string } | undefined)?.ticket;

beforeEach(() => {
  vi.useFakeTimers();
  listeners.clear();
  vi.stubGlobal("location", new URL(`${ORIGIN}/ccp-v2/`));
  vi.stubGlobal("window", {
    opener: frame,
    addEventListener: (_: string, listener: Listener) => listeners.add(listener),
    removeEventListener: (_: string, listener: Listener) => listeners.delete(listener),
  });
  signIn.mockResolvedValueOnce("first").mockResolvedValueOnce("second");
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.resetAllMocks();
});

it("offers a ticket until a frame thanks for it", async () => {
  const offer = offerTicket("agent1", signIn);
  await passes(1_000);
  expect(frame.postMessage.mock.calls.length).toBeGreaterThan(2);
  expect(offered()).toBe("first");
  await says({ baton: "signed-in" }, "https://strange.example");
  expect(listeners.size).toBe(1);
  await says({ baton: "signed-in" });
  expect(await offer).toBe(true);
  expect([listeners.size, vi.getTimerCount()]).toEqual([0, 0]);
});

it("signs in anew for another ticket where a frame has used the one up, once", async () => {
  const offer = offerTicket("agent1", signIn);
  await passes();
  await says({ baton: "ticket-refused", ticket: "first" }, "https://strange.example");
  expect(signIn).toHaveBeenCalledTimes(1);
  await says({ baton: "ticket-refused", ticket: "first" });
  await says({ baton: "ticket-refused", ticket: "first" });
  expect(signIn).toHaveBeenCalledTimes(2);
  await passes(1_000);
  expect(offered()).toBe("second");
  await says({ baton: "signed-in" });
  expect(await offer).toBe(true);
});

it("offers nothing while it signs in anew, and tells why it could not", async () => {
  const refusal = new Error("disabled meanwhile");
  let refuse = (): void => undefined;
  signIn.mockReset().mockResolvedValueOnce("first");
  signIn.mockReturnValueOnce(new Promise((_, reject) => (refuse = () => reject(refusal))));
  const offer = offerTicket("agent1", signIn);
  offer.catch(() => undefined);
  await passes();
  await says({ baton: "ticket-refused", ticket: "first" });
  frame.postMessage.mockClear();
  await passes(1_000);
  expect(frame.postMessage).not.toHaveBeenCalled();
  refuse();
  await expect(offer).rejects.toBe(refusal);
  expect([listeners.size, vi.getTimerCount()]).toEqual([0, 0]);
});

it("ends after a while where no frame takes it", async () => {
  const offer = offerTicket("agent1", signIn);
  await passes(60_000);
  expect(await offer).toBe(false);
  expect([listeners.size, vi.getTimerCount()]).toEqual([0, 0]);
});
