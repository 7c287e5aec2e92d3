import { BatonError, type Timeline, type TransferRecord } from "@baton/client";
import { Dialog } from "@baton/shared/Dialog.tsx";
import { readable } from "@baton/shared/numbers.ts";
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { go, linkTo, route } from "./route.ts";
import { custodySentence, partiesOf, stateSentence } from "./sentences.ts";
import { client, live, signing, whyOf } from "./session.ts";
import { t } from "./texts.ts";
import { recordAt, type Step, stepsOf } from "./timeline.ts";
import { offset, span, when } from "./times.ts";

interface Told {
  record: TransferRecord;
  timeline: Timeline;
}

/** Every step of a transfer with its times. It goes on while the transfer does. */
export function TimelineDialog({ id }: { id: string }): JSX.Element {
  const told = useSignal<Told | null>(null);
  const failure = useSignal("");
  const { open, ended } = live.value;
  const last = [...open, ...ended].find((one) => one.transferId === id)?.at;
  const connected = signing.connection.value === "open";
  useEffect(() => {
    if (!connected) return;
    let current = true;
    Promise.all([client.transferRecord(id), client.timeline(id)]).then(
      ([record, timeline]) => {
        if (current) told.value = { record, timeline };
      },
      (error: unknown) => {
        const gone = error instanceof BatonError && error.status === 404;
        if (current) failure.value = gone ? t("notFound") : whyOf(error);
      },
    );
    return () => {
      current = false;
    };
  }, [id, last, connected]);
  const close = (): void => {
    const { transfer: _, ...rest } = route.value;
    go(rest);
  };
  return (
    <Dialog title={t("timelineTitle")} name="timeline" close={close}>
      {told.value ? (
        <Steps {...told.value} />
      ) : failure.value ? (
        <p class="failure" role="alert">
          {failure.value}
        </p>
      ) : (
        <p class="quiet">{t("loading")}</p>
      )}
    </Dialog>
  );
}

function Steps({ record, timeline }: Told): JSX.Element {
  const { acceptedAt, releasedAt, outcomeAt, options } = record;
  return (
    <>
      <p class="lead">
        <strong>{t("transferOf", partiesOf(record))}</strong>
        <span>{stateSentence(record)}</span>
      </p>
      <dl>
        <Fact name={t("accepted")} value={when(acceptedAt, "full")} />
        {releasedAt ? <Fact name={t("released")} value={offset(acceptedAt, releasedAt)} /> : null}
        {outcomeAt ? <Fact name={t("ended")} value={offset(acceptedAt, outcomeAt)} /> : null}
        {options.note ? <Fact name={t("note")} value={options.note} whole /> : null}
        <div class="whole">
          <dt>{t("contactId")}</dt>
          <dd>
            <code>{record.contactId}</code>{" "}
            <a href={linkTo({ view: "find", contactId: record.contactId })}>
              {t("otherTransfers")}
            </a>
          </dd>
        </div>
      </dl>
      <h3>{t("steps")}</h3>
      <ol class="steps">
        {stepsOf(timeline).map((step, i) => (
          <StepRow key={i} record={record} step={step} />
        ))}
      </ol>
    </>
  );
}

function Fact({
  name,
  value,
  whole,
}: {
  name: string;
  value: string;
  whole?: boolean;
}): JSX.Element {
  return (
    <div class={whole ? "whole" : ""}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function StepRow({ record, step }: { record: TransferRecord; step: Step }): JSX.Element {
  const then = recordAt(record, step);
  return (
    <li>
      <span class="times clock">
        <strong>{offset(record.acceptedAt, step.at)}</strong>
        <time dateTime={step.at}>{when(step.at, "exact")}</time>
      </span>
      <span class="told">
        <strong>{stateSentence(then)}</strong>
        <span>
          {custodySentence(then)}
          {step.lasted === null ? "" : `, ${t("lasted", { time: span(step.lasted / 1000) })}`}
        </span>
        {step.detail ? <small>{readable(step.detail)}</small> : null}
      </span>
    </li>
  );
}
