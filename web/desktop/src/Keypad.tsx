import { useLayoutEffect } from "preact/hooks";
import type { JSX } from "preact";
import { Dialog } from "@baton/shared/Dialog.tsx";
import { digits, keypadOpen } from "./session.ts";
import { t } from "./texts.ts";

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];

/** Digits for the other side's menus, by mouse or by keyboard. */
export function Keypad(): JSX.Element {
  useLayoutEffect(() => digits.begin(), []);
  return (
    <Dialog title={t("keypad")} name="keypad" close={() => (keypadOpen.value = false)}>
      <output aria-label={t("digits")}>{digits.shown.value || "\u00a0"}</output>
      <p class="failure" role="alert">
        {digits.failure.value}
      </p>
      <div
        class="keys"
        onKeyDown={(event) => {
          if (!event.repeat && !event.ctrlKey && !event.metaKey && KEYS.includes(event.key))
            void digits.press(event.key);
        }}
      >
        {KEYS.map((digit, index) => (
          <button
            type="button"
            key={digit}
            autoFocus={index === 0}
            onClick={() => void digits.press(digit)}
          >
            {digit}
          </button>
        ))}
      </div>
    </Dialog>
  );
}
