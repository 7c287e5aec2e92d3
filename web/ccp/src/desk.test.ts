import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Baton } from "./baton.ts";
import { Desk, UNSETTLED_MS } from "./desk.ts";
import type { State } from "./state.ts";
import {
  ACW,
  agentEvent,
  AVAILABLE,
  CHOICES,
  CLEARED,
  CONNECTED,
  OFFER,
  transferEvent,
} from "./testing.ts";

let shown: string[];
let desk: Desk;

/** "Busy, connected": what is shown. */
function told({ agent, call }: State): string {
  return `${agent?.state.name}, ${call?.agentLeg?.status ?? "no call"}`;
}

beforeEach(() => {
  vi.useFakeTimers();
  shown = [];
  desk = new Desk({} as Baton, (state) => shown.push(told(state)));
});

afterEach(() => vi.useRealTimers());

describe("the desk", () => {
  it("shows each change once, and nothing in between", () => {
    for (const event of [AVAILABLE, OFFER, CONNECTED, ACW, CLEARED].flat()) desk.take(event);
    expect(shown).toEqual([
      "Available, no call",
      "PendingBusy, connecting",
      "Busy, connected",
      "AfterCallWork, disconnected",
      "Available, no call",
    ]);
    vi.advanceTimersByTime(UNSETTLED_MS);
    expect(shown).toHaveLength(5);
  });

  it("shows what stays unsettled after a while, rather than never", () => {
    for (const event of [...AVAILABLE, ...OFFER.slice(0, 2)]) desk.take(event);
    vi.advanceTimersByTime(UNSETTLED_MS - 1);
    expect(shown).toEqual(["Available, no call"]);
    vi.advanceTimersByTime(1);
    expect(shown).toEqual(["Available, no call", "Available, connecting"]);
  });

  it("says nothing of what changes nothing", () => {
    desk.take({ topic: "App", subtopic: "StateSync" });
    expect(shown).toEqual([]);
  });

  it("forgets an agent who is signed out", () => {
    for (const event of [...AVAILABLE, ...OFFER.slice(0, 1)]) desk.take(event);
    desk.forget();
    vi.advanceTimersByTime(UNSETTLED_MS);
    expect(shown).toEqual(["Available, no call"]);
    expect(desk.state.agent).toBeNull();
  });

  it("takes a transfer that was found by asking", () => {
    for (const event of [AVAILABLE, CONNECTED].flat()) desk.take(event);
    desk.takeTransfer(transferEvent("dialing").message as never);
    expect(desk.state.transfer?.state).toBe("dialing");
    expect(shown).toHaveLength(3);
  });

  it("sets no next state that is in force already", () => {
    desk.take(agentEvent("Break", "not_routable"));
    desk.setNextState(CHOICES.states[1]);
    expect(desk.state.nextState).toBeNull();
    for (const event of CONNECTED) desk.take(event);
    desk.setNextState(CHOICES.states[1]);
    expect(desk.state.nextState).toEqual(CHOICES.states[1]);
  });
});
