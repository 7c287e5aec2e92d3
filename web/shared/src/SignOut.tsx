import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { Signing } from "./signing.ts";
import { t } from "./texts.ts";

/** The button in the page's menu, and below it why signing out did not work. */
export function SignOut({ signing }: { signing: Signing }): JSX.Element {
  const why = useSignal("");
  const signOut = async (): Promise<void> => {
    why.value = "";
    why.value = await signing.signOut();
  };
  return (
    <>
      <button type="button" onClick={() => void signOut()}>
        {t("signOut")}
      </button>
      {why.value ? <p role="alert">{why.value}</p> : null}
    </>
  );
}
