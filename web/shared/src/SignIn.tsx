import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Signing } from "./signing.ts";
import { t } from "./texts.ts";

/** The form to sign in by. */
export function SignIn({ signing }: { signing: Signing }): JSX.Element {
  const failure = useSignal("");
  const waiting = useSignal(false);
  const first = useRef<HTMLInputElement>(null);
  // A page's own `autofocus` counts once, and this form comes again when the session ends. Who types as soon as he sees
  // it must not lose letters, so the focus is there no later than the form.
  useLayoutEffect(() => first.current?.focus(), []);
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    waiting.value = true;
    failure.value = await signing.signIn(String(form.get("login")), String(form.get("password")));
    waiting.value = false;
  };
  return (
    <main class="signin">
      <form onSubmit={(event) => void submit(event)}>
        <h1>{t("title")}</h1>
        <label class="field">
          {t("login")}
          <input ref={first} name="login" autocomplete="username" required maxLength={128} />
        </label>
        <label class="field">
          {t("password")}
          <input name="password" type="password" autocomplete="current-password" required />
        </label>
        <p class="failure" role="alert">
          {failure.value || signing.signedOutWhy.value}
        </p>
        <button class="primary" disabled={waiting.value}>
          {waiting.value ? t("signingIn") : t("signIn")}
        </button>
      </form>
    </main>
  );
}
