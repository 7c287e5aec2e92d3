import { computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import { allowed, type State } from "./state.ts";

/**
 * Whether the transfer box and the keypad are open. Each was opened for the call that was shown then, so another one
 * that comes forward closes it, as does a call that does not allow it any more.
 */
export function boxesOf(state: ReadonlySignal<State>) {
  const transferBoxOpen = signal(false);
  const keypadOpen = signal(false);
  const shown = computed(() => state.value.call?.contactId);
  const buttons = computed(() => allowed(state.value.call));
  effect(() => {
    void shown.value;
    transferBoxOpen.value = keypadOpen.value = false;
  });
  effect(() => {
    if (!buttons.value.blindTransfer) transferBoxOpen.value = false;
    if (!buttons.value.numberpad) keypadOpen.value = false;
  });
  return { transferBoxOpen, keypadOpen };
}
