import type { TransferRecord } from "@baton/client";
import { duration } from "@baton/shared/clock.ts";
import { destinationName } from "@baton/shared/numbers.ts";
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { CsvDownload } from "./CsvDownload.tsx";
import { partName } from "./Parts.tsx";
import { go, linkTo, route } from "./route.ts";
import { type Conditions, conditionsOf, faultOf, PAGE, queryOf, STATES } from "./search.ts";
import { partiesOf, stateSentence } from "./sentences.ts";
import { announce, client, live, signing, whyOf } from "./session.ts";
import { t } from "./texts.ts";
import { when } from "./times.ts";

interface Found {
  items: TransferRecord[];
  nextCursor: string | null;
}

/** A search over all transfers of the records, the newest first. */
export function SearchView(): JSX.Element {
  const conditions = conditionsOf(route.value);
  const key = JSON.stringify(conditions);
  const fault = faultOf(conditions);
  const found = useSignal<Found | null>(null);
  const failure = useSignal("");
  const asked = useSignal(0);
  const read = async (cursor?: string): Promise<void> => {
    const mine = ++asked.value;
    const before = cursor === undefined ? [] : (found.peek()?.items ?? []);
    try {
      const page = await client.transferRecords({
        ...queryOf(conditions),
        limit: String(PAGE),
        ...(cursor !== undefined && { cursor }),
      });
      if (mine !== asked.value) return;
      found.value = { items: [...before, ...page.items], nextCursor: page.nextCursor };
      failure.value = "";
      announce(countOf(found.value));
    } catch (error) {
      if (mine === asked.value) failure.value = whyOf(error);
    }
  };
  const open = signing.connection.value === "open";
  useEffect(() => {
    if (open && fault === null) void read();
  }, [key, open]);
  const cursor = found.value?.nextCursor;
  return (
    <>
      <h1 class="calm">{t("searchTitle")}</h1>
      <Form conditions={conditions} />
      {fault || failure.value ? (
        <p class="card failure" role="alert">
          {fault ? t(fault) : t("readFailed", { why: failure.value })}
        </p>
      ) : null}
      {found.value === null ? (
        fault || failure.value ? null : (
          <p class="quiet">{t("loading")}</p>
        )
      ) : found.value.items.length === 0 ? (
        <section class="card center">
          <p>{t("nothingFound")}</p>
        </section>
      ) : (
        <section class="card" aria-label={t("searchTitle")}>
          <div class="foot">
            <p>{countOf(found.value)}</p>
            <CsvDownload key={key} conditions={conditions} />
          </div>
          <Results items={found.value.items} />
          {cursor ? (
            <div class="actions">
              <button type="button" onClick={() => void read(cursor)}>
                {t("more")}
              </button>
            </div>
          ) : null}
        </section>
      )}
    </>
  );
}

function countOf({ items, nextCursor }: Found): string {
  if (nextCursor !== null) return t("foundMore", { count: items.length });
  return t("found", { count: items.length });
}

function Form({ conditions }: { conditions: Conditions }): JSX.Element {
  const form = useRef<HTMLFormElement>(null);
  // The address decides, also after Back; who just typed keeps the focus where he has it.
  useLayoutEffect(() => {
    for (const [name, value] of Object.entries(conditions)) {
      const field = form.current?.elements.namedItem(name);
      if (field instanceof HTMLInputElement || field instanceof HTMLSelectElement)
        field.value = value;
    }
  }, [JSON.stringify(conditions)]);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const text = (name: keyof Conditions): string => String(form.get(name) ?? "").trim();
    go({
      view: "find",
      agent: text("agent"),
      state: text("state"),
      contactId: text("contactId"),
      from: text("from"),
      to: text("to"),
    });
  };
  return (
    <form ref={form} class="card conditions" role="search" onSubmit={submit}>
      <label class="field">
        {t("agent")}
        <input
          name="agent"
          list="agents"
          placeholder={t("anybody")}
          autocomplete="off"
          maxLength={128}
        />
      </label>
      <datalist id="agents">
        {live.value.agents.map((agent) => (
          <option key={agent.login} value={agent.login}>
            {agent.name}
          </option>
        ))}
      </datalist>
      <label class="field">
        {t("state")}
        <select name="state">
          <option value="">{t("anyState")}</option>
          {STATES.map((state) => (
            <option key={state} value={state}>
              {partName(state)}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        {t("begunFrom")}
        <input name="from" type="datetime-local" />
      </label>
      <label class="field">
        {t("begunTo")}
        <input name="to" type="datetime-local" />
      </label>
      <label class="field wide">
        {t("contactId")}
        <input name="contactId" autocomplete="off" spellcheck={false} maxLength={36} />
      </label>
      <button class="primary">{t("search")}</button>
    </form>
  );
}

function Results({ items }: { items: readonly TransferRecord[] }): JSX.Element {
  return (
    <div class="scroll" tabIndex={0} role="group" aria-label={t("searchTitle")}>
      <table class="results">
        <thead>
          <tr>
            <th scope="col">{t("begun")}</th>
            <th scope="col">{t("agent")}</th>
            <th scope="col">{t("destination")}</th>
            <th scope="col">{t("state")}</th>
            <th scope="col">{t("took")}</th>
          </tr>
        </thead>
        <tbody>
          {items.map((record) => (
            <tr key={record.transferId}>
              <th scope="row">
                <a
                  href={linkTo({ ...route.value, transfer: record.transferId })}
                  title={t("detailsOf", partiesOf(record))}
                >
                  {when(record.acceptedAt, "full")}
                </a>
              </th>
              <td>{record.agent}</td>
              <td>{destinationName(record)}</td>
              <td>{stateSentence(record)}</td>
              <td>
                {record.outcomeAt
                  ? duration(Date.parse(record.outcomeAt) - Date.parse(record.acceptedAt))
                  : t("stillRunning")}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
