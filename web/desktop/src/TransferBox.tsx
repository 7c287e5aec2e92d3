import type { Preflight } from "@baton/client";
import { capital } from "@baton/shared/capital.ts";
import { Dialog } from "@baton/shared/Dialog.tsx";
import { Icon } from "@baton/shared/icons.tsx";
import { readable } from "@baton/shared/numbers.ts";
import { useComputed, useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useLayoutEffect, useMemo } from "preact/hooks";
import type { JSX } from "preact";
import { prepare, type Row, search, toQuickConnect, typedNumber } from "./destinations.ts";
import { ageOf, figures, reasonOf } from "./figures.ts";
import { fallsBack, optionsFor, type Step } from "./options.ts";
import * as session from "./session.ts";
import { t, tOf } from "./texts.ts";

const PREFLIGHT_MS = 120;
const REFRESH_MS = 5_000;
const FEW = 200;
const FRESH_MS = 2_000;
const TITLES = {
  favourites: "favourites",
  recent: "recent",
  queues: "queues",
  external: "external",
  agents: "agents",
} as const;

/** One search over everything that the agent may reach. `T`, a name, Enter: that is all it takes. */
export function TransferBox(): JSX.Element {
  const text = useSignal("");
  // The chosen row by what it stands for: the rows are read again and sorted anew while the box is open.
  const at = useSignal<string | null>(null);
  const contactId = session.state.value.call?.contactId ?? "";
  const note = session.noteOf("transferNotes", contactId);
  const seconds = useSignal(20);
  const step = useSignal<Step>("return");
  const failure = session.transferFailure;
  const verdict = useSignal<{ number: string; told: Preflight | null } | null>(null);
  const entries = useMemo(
    () => prepare(session.quickConnects.value),
    [session.quickConnects.value],
  );
  const number = useComputed(() => typedNumber(text.value));
  const rows = search(entries, text.value, session.favourites.value, session.recent.value);
  // A chosen one that is not there any more leaves nothing chosen: Enter must not mean somebody else.
  const chosen = rows.findIndex(({ key }) => key === at.value);

  useLayoutEffect(() => {
    failure.value = "";
  }, []);
  useLayoutEffect(() => {
    if (at.value === null && rows[0]) at.value = rows[0].key;
  });
  useEffect(() => {
    void session.refreshDestinations();
    void session.readKept();
    const timer = setInterval(() => {
      // A large directory is read once for each use: the figures say their age, and the server looks again.
      if (session.quickConnects.value.length <= FEW) void session.refreshDestinations();
    }, REFRESH_MS);
    return () => clearInterval(timer);
  }, []);
  useSignalEffect(() => {
    const asked = number.value;
    if (asked === null) {
      verdict.value = null;
      return undefined;
    }
    verdict.value = { number: asked, told: null };
    const timer = setTimeout(() => {
      session.preflight(asked).then(
        (told) => {
          if (number.value === asked) verdict.value = { number: asked, told };
        },
        () => undefined, // The server says at the transfer itself what is wrong.
      );
    }, PREFLIGHT_MS);
    return () => clearTimeout(timer);
  });

  const { capabilities } = session.state.value;
  const options = (): ReturnType<typeof optionsFor> =>
    optionsFor(capabilities, { seconds: seconds.value, step: step.value, note });
  const send = async (row: Row | undefined): Promise<void> => {
    failure.value = "";
    const typed = number.value;
    if (typed !== null) {
      if (verdict.value?.told?.allowed === false) return; // It says why.
      await session.transfer(typed, options(), null);
    } else if (row) {
      // What was so a moment ago is so; an older figure is the server's to judge, which looks before it does anything.
      if (!row.item.available && ageOf(row) < FRESH_MS) {
        failure.value = capital(reasonOf(row));
        return;
      }
      await session.transfer(toQuickConnect(row.item), options(), row.key);
    } else {
      if (at.value !== null) failure.value = capital(tOf("reason", "destinationNotFound"));
    }
  };
  const onKey = (event: KeyboardEvent): void => {
    const by = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key];
    if (by !== undefined) {
      event.preventDefault();
      const index = Math.max(0, Math.min(rows.length - 1, chosen + by));
      at.value = rows[index]?.key ?? null;
      document.getElementById(`row-${index}`)?.scrollIntoView({ block: "nearest" });
    } else if (event.key === "d" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      const row = rows[chosen];
      if (row && number.value === null) session.toggleFavourite(row.key);
    } else if (event.key === "Enter" && !event.isComposing) {
      event.preventDefault();
      void send(rows[chosen]);
    }
  };
  const sending = session.transferring.value;

  return (
    <Dialog
      title={t("transferTitle")}
      name="transfer"
      close={() => (session.transferBoxOpen.value = false)}
    >
      <label class="field">
        <span class="hidden">{t("search")}</span>
        <input
          type="text"
          role="combobox"
          class="search"
          placeholder={t("search")}
          autocomplete="off"
          spellcheck={false}
          autoFocus
          aria-expanded={number.value === null && rows.length > 0}
          aria-controls="rows"
          aria-describedby="search-hint"
          aria-activedescendant={number.value === null && chosen >= 0 ? `row-${chosen}` : undefined}
          value={text.value}
          onInput={(event) => {
            text.value = event.currentTarget.value;
            at.value = null;
            failure.value = "";
          }}
          onKeyDown={onKey}
        />
      </label>
      <small id="search-hint">{t("searchHint")}</small>
      {verdict.value ? <NumberChip verdict={verdict.value} /> : null}
      {number.value === null && rows.length === 0 && text.value ? (
        <p class="empty" role="status">
          {t("noMatch", { text: text.value })}
        </p>
      ) : null}
      {number.value === null ? (
        <Rows
          rows={rows}
          chosen={chosen}
          choose={(key) => (at.value = key)}
          send={(row) => void send(row)}
        />
      ) : null}
      <p class="failure" role="alert">
        {failure.value}
      </p>
      {fallsBack(capabilities) ? (
        <label class="field">
          {t("transferNote")}
          <textarea
            rows={2}
            maxLength={2000}
            value={note}
            onInput={(event) =>
              session.setNote("transferNotes", contactId, event.currentTarget.value)
            }
            onKeyDown={(event) => {
              if (event.key === "Enter" && (event.ctrlKey || event.metaKey))
                void send(rows[chosen]);
            }}
          />
        </label>
      ) : null}
      <div class="row foot">
        <p class="fallback">
          <label for="ring">{t(fallsBack(capabilities) ? "ifNobody" : "ringsFor")}</label>{" "}
          <input
            id="ring"
            type="number"
            min={5}
            max={120}
            value={seconds.value}
            onChange={(event) => {
              const given = Math.round(Number(event.currentTarget.value)) || 20;
              seconds.value = Math.max(5, Math.min(120, given));
              event.currentTarget.value = String(seconds.value);
            }}
          />{" "}
          {t("seconds")}
          {fallsBack(capabilities) ? (
            <>
              ,{" "}
              <select
                aria-label={t("then")}
                value={step.value}
                onChange={(event) => (step.value = event.currentTarget.value as Step)}
              >
                <option value="return">{t("backToMe")}</option>
                <option value="originalQueue">{t("toItsQueue")}</option>
                <option value="disconnect">{t("hangUpStep")}</option>
              </select>
            </>
          ) : null}
        </p>
        <button
          type="button"
          class="primary"
          disabled={
            sending || (number.value === null ? chosen < 0 : verdict.value?.told?.allowed === false)
          }
          onClick={() => void send(rows[chosen])}
        >
          <Icon name="transfer" />
          {sending ? t("transferring") : t("transferNow")}
        </button>
      </div>
    </Dialog>
  );
}

/** What the server says to the number that stands in the search: its country and class, or why it may not be dialled. */
function NumberChip({
  verdict,
}: {
  verdict: { number: string; told: Preflight | null };
}): JSX.Element {
  const { number, told } = verdict;
  return (
    <p class={`chip ${told === null ? "" : told.allowed ? "good" : "bad"}`} role="status">
      <strong>{readable(number)}</strong>{" "}
      {told === null
        ? t("checking")
        : told.allowed
          ? [told.number?.country, told.number ? tOf("class", told.number.class) : ""]
              .filter(Boolean)
              .join(" · ")
          : told.error?.reason
            ? tOf("reason", told.error.reason, { name: number })
            : told.error?.msg}
    </p>
  );
}

interface RowsProps {
  rows: Row[];
  chosen: number;
  choose: (key: string) => void;
  send: (row: Row) => void;
}

function Rows({ rows, chosen, choose, send }: RowsProps): JSX.Element {
  const groups: { group: Row["group"]; first: number; rows: Row[] }[] = [];
  rows.forEach((row, index) => {
    const last = groups.at(-1);
    if (last?.group === row.group) last.rows.push(row);
    else groups.push({ group: row.group, first: index, rows: [row] });
  });
  return (
    <div id="rows" class="rows" role="listbox" aria-label={t("transferTitle")}>
      {groups.map(({ group, first, rows: members }) => (
        <div key={group} role="group" aria-label={t(TITLES[group])}>
          <p class="group" aria-hidden="true">
            {t(TITLES[group])}
          </p>
          {members.map((row, offset) => (
            <RowLine
              key={row.key}
              row={row}
              index={first + offset}
              chosen={first + offset === chosen}
              choose={choose}
              send={send}
            />
          ))}
        </div>
      ))}
    </div>
  );
}

interface RowLineProps {
  row: Row;
  index: number;
  chosen: boolean;
  choose: (key: string) => void;
  send: (row: Row) => void;
}

function RowLine({ row, index, chosen, choose, send }: RowLineProps): JSX.Element {
  const { item } = row;
  const favourite = session.favourites.value.includes(row.key);
  return (
    <div
      id={`row-${index}`}
      role="option"
      aria-selected={chosen}
      aria-disabled={!item.available}
      class="line"
      onMouseMove={() => {
        if (!chosen) choose(row.key);
      }}
      onClick={() => send(row)}
    >
      <span
        class={`star ${favourite ? "on" : ""}`}
        title={favourite ? t("unfavour", { name: item.name }) : t("favour", { name: item.name })}
        onClick={(event) => {
          event.stopPropagation();
          session.toggleFavourite(row.key);
        }}
      >
        <Icon name="star" />
      </span>
      <span class="name">{item.name}</span>
      <span class="kind">
        {item.phoneNumber ? readable(item.phoneNumber) : (item.agentLogin ?? "")}
      </span>
      <span class="can">{figures(row)}</span>
    </div>
  );
}
