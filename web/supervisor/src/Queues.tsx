import { age, duration } from "@baton/shared/clock.ts";
import type { JSX } from "preact";
import { live } from "./session.ts";
import { t } from "./texts.ts";

/** Each queue: who waits, how long, and who is there for them. */
export function Queues(): JSX.Element {
  const { queues } = live.value;
  return (
    <section class="card" aria-labelledby="queues-heading">
      <h2 id="queues-heading">{t("queues")}</h2>
      {queues.length === 0 ? (
        <p class="empty">{t("noQueues")}</p>
      ) : (
        <div class="scroll" tabIndex={0} role="group" aria-label={t("queues")}>
          <table>
            <thead>
              <tr>
                <th scope="col">{t("queue")}</th>
                <th scope="col">{t("waiting")}</th>
                <th scope="col">{t("longestWait")}</th>
                <th scope="col">{t("agentsFree")}</th>
                <th scope="col">{t("estimated")}</th>
              </tr>
            </thead>
            <tbody>
              {queues.map((queue) => (
                <tr key={queue.arn} class={queue.waiting > 0 ? "waiting" : ""}>
                  <th scope="row">
                    {queue.name}
                    {queue.open ? null : <small> {t("closed")}</small>}
                  </th>
                  <td>{queue.waiting}</td>
                  <td>{queue.longestWaitingSince ? age(queue.longestWaitingSince) : "–"}</td>
                  <td>
                    {t("ofAgents", { free: queue.agentsAvailable, staffed: queue.agentsStaffed })}
                  </td>
                  <td>
                    {queue.estimatedWaitSeconds === undefined
                      ? "–"
                      : duration(queue.estimatedWaitSeconds * 1000)}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
