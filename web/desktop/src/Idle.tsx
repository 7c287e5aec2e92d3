import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { age } from "@baton/shared/clock.ts";
import { Icon } from "@baton/shared/icons.tsx";
import { typedNumber } from "./destinations.ts";
import { busy, callNumber, queues, startWork, state } from "./session.ts";
import { t } from "./texts.ts";

/** Between calls: whether one may come, what waits in the queues, and a number to call. */
export function Idle(): JSX.Element {
  const { loggedIn, agent, rules } = state.value;
  const number = useSignal("");
  const e164 = typedNumber(number.value);
  if (!loggedIn) {
    return (
      <section class="card center">
        <h1>{t("loggedOut")}</h1>
        <button
          type="button"
          class="primary"
          disabled={busy.value.has("login")}
          onClick={() => void startWork()}
        >
          {t("logIn")}
        </button>
      </section>
    );
  }
  return (
    <>
      <section class="card">
        <h1 class="calm">{agent?.type === "routable" ? t("ready") : t("notReady")}</h1>
        <form
          class="dial"
          onSubmit={(event) => {
            event.preventDefault();
            if (e164) void callNumber(e164);
          }}
        >
          <label class="field">
            {t("callNumber")}
            <input
              type="tel"
              value={number.value}
              placeholder="+12082097345"
              aria-describedby="dial-hint"
              onInput={(event) => (number.value = event.currentTarget.value)}
            />
          </label>
          <button
            class="primary"
            disabled={!e164 || !rules.make_call || busy.value.has("makeCall")}
          >
            <Icon name="phone" />
            {t("call")}
          </button>
          <small id="dial-hint">{t("callNumberHint")}</small>
        </form>
      </section>
      {queues.value.length > 0 ? (
        <section class="card">
          <h2>{t("queues")}</h2>
          <div class="scroll" tabIndex={0} role="group" aria-label={t("queues")}>
            <table>
              <thead>
                <tr>
                  <th scope="col">{t("queue")}</th>
                  <th scope="col">{t("waiting")}</th>
                  <th scope="col">{t("longestWait")}</th>
                  <th scope="col">{t("agentsFree")}</th>
                </tr>
              </thead>
              <tbody>
                {queues.value.map((queue) => (
                  <tr key={queue.arn}>
                    <th scope="row">{queue.name}</th>
                    <td>{queue.open ? queue.waiting : t("closed")}</td>
                    <td>{queue.longestWaitingSince ? age(queue.longestWaitingSince) : "–"}</td>
                    <td>{queue.agentsAvailable}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </section>
      ) : null}
    </>
  );
}
