import { computed, type Signal, signal } from "@preact/signals";
import { describe, expect, it } from "vitest";
import { boxesOf } from "./boxes.ts";
import { allowed, EMPTY, type State } from "./state.ts";
import { callOf } from "./testing.ts";

const boxes = (state: Signal<State>): ReturnType<typeof boxesOf> =>
  boxesOf(
    state,
    computed(() => allowed(state.value.call)),
  );

describe("the transfer box and the keypad", () => {
  const both = ["blindTransfer", "numberpad"];

  it("stay open while their call is shown and allows them", () => {
    const state = signal<State>({ ...EMPTY, call: callOf("c1", both) });
    const { transferBoxOpen, keypadOpen } = boxes(state);
    transferBoxOpen.value = keypadOpen.value = true;
    state.value = { ...EMPTY, call: callOf("c1", [...both, "hold"]) };
    expect([transferBoxOpen.value, keypadOpen.value]).toEqual([true, true]);
    state.value = { ...EMPTY, call: callOf("c1", ["blindTransfer"]) };
    expect([transferBoxOpen.value, keypadOpen.value]).toEqual([true, false]);
    state.value = { ...EMPTY, call: callOf("c1", []) };
    expect(transferBoxOpen.value).toBe(false);
  });

  it("close where another call comes forward, which allows them, too", () => {
    const state = signal<State>({ ...EMPTY, call: callOf("c2", both) });
    const { transferBoxOpen, keypadOpen } = boxes(state);
    transferBoxOpen.value = keypadOpen.value = true;
    state.value = { ...EMPTY, call: callOf("c1", both) };
    expect([transferBoxOpen.value, keypadOpen.value]).toEqual([false, false]);
  });
});
