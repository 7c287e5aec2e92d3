import type { Statistics } from "@baton/client";
import type { JSX } from "preact";
import { type By, percent } from "./figures.ts";
import { Legend, PartBar, partsIn } from "./Parts.tsx";
import { Picture } from "./Picture.tsx";
import { go, route } from "./route.ts";
import { t, tOf } from "./texts.ts";

const CHOICES: Record<By, Parameters<typeof t>[0]> = {
  agent: "byAgent",
  queue: "byQueue",
  kind: "byKind",
};

/** The outcomes of each agent, queue or kind of destination beside each other. */
export function Compare({ statistics, by }: { statistics: Statistics; by: By }): JSX.Element {
  const groups = (statistics.groups ?? []).toSorted((a, b) => b.accepted - a.accepted);
  const most = Math.max(1, ...groups.map((group) => group.accepted));
  const nameOf = (name: string | null): string =>
    name === null ? t("noQueue") : by === "kind" ? tOf("kind", name) : name;
  return (
    <Picture id="compare" title={`${t("compare")}: ${t(CHOICES[by])}`}>
      <div class="choice" role="group" aria-label={t("compare")}>
        {(Object.keys(CHOICES) as By[]).map((each) => (
          <button
            key={each}
            type="button"
            aria-pressed={each === by}
            onClick={() => go({ ...route.value, by: each })}
          >
            {t(CHOICES[each])}
          </button>
        ))}
      </div>
      <Legend parts={partsIn(groups)} />
      <div class="scroll" tabIndex={0} role="group" aria-label={t("compare")}>
        <table class="bars">
          <thead>
            <tr>
              <th scope="col">{t(CHOICES[by])}</th>
              <th scope="col">{t("outcomeAccepted")}</th>
              <th scope="col">{t("success")}</th>
              <th scope="col">{t("outcomeReturned")}</th>
              <th scope="col">{t("outcomeFailed")}</th>
              <th scope="col">{t("outcomeAbandoned")}</th>
            </tr>
          </thead>
          <tbody>
            {groups.map((group) => (
              <tr key={group.name}>
                <th scope="row">
                  {nameOf(group.name)}
                  <PartBar counts={group} most={most} />
                </th>
                <td>{group.accepted}</td>
                <td>{percent(group.connected, group.accepted)}</td>
                <td>{percent(group.returned, group.accepted)}</td>
                <td>{percent(group.failed, group.accepted)}</td>
                <td>{percent(group.abandoned, group.accepted)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Picture>
  );
}
