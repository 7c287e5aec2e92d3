import type { Statistics } from "@baton/client";
import type { JSX } from "preact";
import { percent } from "./figures.ts";
import { partName } from "./Parts.tsx";
import { Picture } from "./Picture.tsx";
import { t, tOf } from "./texts.ts";

/** Why transfers ended as they did: a table whose rows have bars. */
export function Reasons({ statistics }: { statistics: Statistics }): JSX.Element {
  const { reasons } = statistics;
  const most = Math.max(1, ...reasons.map((row) => row.count));
  const sum = reasons.reduce((all, row) => all + row.count, 0);
  return (
    <Picture id="by-reason" title={t("byReason")}>
      {reasons.length === 0 ? (
        <p class="empty">{t("noReasons")}</p>
      ) : (
        <div class="scroll" tabIndex={0} role="group" aria-label={t("byReason")}>
          <table class="bars">
            <thead>
              <tr>
                <th scope="col">{t("reason")}</th>
                <th scope="col">{t("outcome")}</th>
                <th scope="col">{t("count")}</th>
                <th scope="col">{t("share")}</th>
              </tr>
            </thead>
            <tbody>
              {reasons.map(({ outcome, reason, count }) => (
                <tr key={`${outcome} ${reason}`}>
                  <th scope="row">
                    {reason === "noAnswer" ? t("nobodyAnswered") : tOf("reason", reason)}
                    <svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden>
                      <rect width={(count / most) * 100} height="8" class={`part ${outcome}`} />
                    </svg>
                  </th>
                  <td>{partName(outcome)}</td>
                  <td>{count}</td>
                  <td>{percent(count, sum)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Picture>
  );
}
