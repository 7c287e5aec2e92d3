import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { Dialog } from "@baton/shared/Dialog.tsx";
import { keypadOpen, refusal, sendDigit } from "./session.ts";
import { t } from "./texts.ts";

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];

/** Digits for the other side's menus, by mouse or by keyboard. */
export function Keypad(): JSX.Element {
  const sent = useSignal("");
  const failure = useSignal("");
  const press = async (digit: string): Promise<void> => {
    const taken = await sendDigit(digit);
    if (taken) sent.value += digit;
    failure.value = taken ? "" : refusal.value;
  };
  return (
    <Dialog title={t("keypad")} name="keypad" close={() => (keypadOpen.value = false)}>
      <output aria-label={t("digits")}>{sent.value || "\u00a0"}</output>
      <p class="failure" role="alert">
        {failure.value}
      </p>
      <div
        class="keys"
        onKeyDown={(event) => {
          if (!event.repeat && !event.ctrlKey && !event.metaKey && KEYS.includes(event.key))
            void press(event.key);
        }}
      >
        {KEYS.map((digit, index) => (
          <button
            type="button"
            key={digit}
            autoFocus={index === 0}
            onClick={() => void press(digit)}
          >
            {digit}
          </button>
        ))}
      </div>
    </Dialog>
  );
}
