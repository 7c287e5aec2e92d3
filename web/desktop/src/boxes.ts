import { computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import type { Buttons, State } from "./state.ts";

/**
 * Whether the transfer box and the keypad are open. Each was opened for the call that was shown then, so another one
 * that comes forward closes it, as does a call that does not allow it any more.
 */
export function boxesOf(state: ReadonlySignal<State>, buttons: ReadonlySignal<Buttons>) {
  const transferBoxOpen = signal(false);
  const keypadOpen = signal(false);
  const shown = computed(() => state.value.call?.contactId);
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
