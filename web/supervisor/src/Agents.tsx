import { age } from "@baton/shared/clock.ts";
import { agentStateName } from "@baton/shared/texts.ts";
import type { JSX } from "preact";
import { type Agent, byState } from "./live.ts";
import { live } from "./session.ts";
import { t } from "./texts.ts";

/** The agents by what they do, each with how long. */
export function Agents(): JSX.Element {
  const { agents } = live.value;
  const away = agents.filter((agent) => !agent.loggedIn);
  return (
    <section class="card" aria-labelledby="agents-heading">
      <h2 id="agents-heading">{t("agents")}</h2>
      {agents.length === 0 ? <p class="empty">{t("noAgents")}</p> : null}
      {byState(agents).map(([state, group]) => (
        <section key={state} class="by-state">
          <h3>
            <span class={`dot ${group[0]?.stateType}`} aria-hidden="true" />
            {agentStateName(state)} <span class="number">{group.length}</span>
          </h3>
          <ul class="people">
            {group.map((agent) => (
              <Row key={agent.login} agent={agent} />
            ))}
          </ul>
        </section>
      ))}
      {away.length > 0 ? (
        <details class="by-state">
          <summary>
            {t("notAtWork")} <span class="number">{away.length}</span>
          </summary>
          <ul class="people">
            {away.map((agent) => (
              <li key={agent.login}>{agent.name}</li>
            ))}
          </ul>
        </details>
      ) : null}
    </section>
  );
}

function Row({ agent }: { agent: Agent }): JSX.Element {
  return (
    <li>
      <span class="name">
        {agent.name}
        {agent.phoneReachable ? null : <small class="bad"> {t("phoneGone")}</small>}
      </span>
      {agent.since ? <time class="clock">{age(agent.since)}</time> : null}
    </li>
  );
}
