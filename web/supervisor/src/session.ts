import {
  BatonClient,
  BatonError,
  type QuickConnectItem,
  type Request,
  type TransferList,
  type TransferRecord,
} from "@baton/client";
import { capital } from "@baton/shared/capital.ts";
import { clockSays, timedFetch } from "@baton/shared/clock.ts";
import { readOnceConnected } from "@baton/shared/reading.ts";
import { signingOf } from "@baton/shared/signing.ts";
import { nextStep } from "@baton/shared/texts.ts";
import { computed, effect, signal, untracked } from "@preact/signals";
import {
  apply,
  applyOpen,
  applyQueues,
  applyRecord,
  sortedQueues,
  type Live,
  NOTHING,
  type Watched,
} from "./live.ts";
import { route, viewOf } from "./route.ts";
import { partiesOf, stateSentence } from "./sentences.ts";
import { t, tOf } from "./texts.ts";

/** The one session of the page: the connection, what happens now, and what the supervisor can do about it. */

export const live = signal<Live>(NOTHING);
/** Whether the first picture is there. */
export const loaded = signal(false);
/** Why it is not, in words. */
export const readFailure = signal("");
/** A request that was refused, in words; shown until the next one. */
export const refusal = signal("");
/** What a screen reader is told next, and how many it was told before. */
export const announcement = signal({ text: "", turn: 0 });
export const announce = (text: string): void => {
  announcement.value = { text, turn: announcement.value.turn + 1 };
};
/** The ids of the transfers and contacts that something was asked for whose answer is awaited. */
export const busy = signal<ReadonlySet<string>>(new Set());
/** The queues that a customer can be moved to; null until they are known. */
export const queueTargets = signal<QuickConnectItem[] | null>(null);
/** Why they are not, in words. */
export const queueTargetsFailure = signal("");

/** How often all is read, for what no event tells. */
const ALL_MS = 30_000;
/** How long events of agents are gathered before their list is read. */
const AGENTS_MS = 1_000;

export const client = new BatonClient({
  source: "baton-supervisor",
  follow: "*",
  fetch: timedFetch,
});
export const signing = signingOf(client, {
  // The server lets nobody else follow everybody.
  entering: ({ role }) => role !== "agent",
  forgotten: () => {
    live.value = NOTHING;
    loaded.value = false;
    readFailure.value = refusal.value = queueTargetsFailure.value = "";
    announce("");
  },
});

const hidden = signal(document.hidden);
document.addEventListener("visibilitychange", () => (hidden.value = document.hidden));
/** The view that somebody sees and that a connection keeps up to date; else null. */
const watched = computed(() =>
  signing.connection.value === "open" && !hidden.value ? viewOf(route.value) : null,
);

/** Whether the server has told the queues by itself on this connection. */
let queuesTold = false;

client.subscribe("*", (event) => {
  if (event.subtopic === "QueueStateChange") {
    clockSays(event.message.at);
    // The first of a connection is the whole list: what it lacks was removed while nobody could tell.
    const known = queuesTold ? live.value : { ...live.value, queues: [] };
    queuesTold = true;
    live.value = applyQueues(known, event.message.queues, event.message.removed);
    if (watched.value === "live") void readWaiting().catch(() => undefined);
    return;
  }
  const before = live.value;
  live.value = apply(before, event);
  if (event.topic === "Agent") readAgentsSoon();
  if (event.subtopic === "TransferStateChange") {
    const { transferId } = event.message;
    if (live.value.open.some((one) => one.transferId === transferId && one.acceptedAt === null))
      void readRecord(transferId);
    const [newest] = live.value.ended;
    if (newest?.transferId === transferId && before.ended[0]?.transferId !== transferId)
      announce(`${t("transferOf", partiesOf(newest))}: ${stateSentence(newest)}`);
  }
});

// --- What is read ----------------------------------------------------------------------------------------------------

async function readRecord(transferId: string): Promise<void> {
  const record = await client.transferRecord(transferId).catch(() => null);
  if (record) live.value = applyRecord(live.value, record);
}

/** The transfers without an outcome, by pages. */
async function readOpen(): Promise<void> {
  const records: TransferRecord[] = [];
  let cursor: string | null = null;
  do {
    const page: TransferList = await client.transferRecords({
      state: "open",
      limit: "1000",
      ...(cursor !== null && { cursor }),
    });
    records.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null);
  const [next, unsure] = applyOpen(live.value, records);
  live.value = next;
  await Promise.all(unsure.map(readRecord));
}

async function readAgents(): Promise<void> {
  const { items } = await client.agents();
  live.value = { ...live.value, agents: items };
}

let agentsSoon: ReturnType<typeof setTimeout> | undefined;
/**
 * Agents and who waits anew, once many events of agents have come: these do not tell whether a phone can be reached, nor
 * whom an agent is being offered.
 */
function readAgentsSoon(): void {
  agentsSoon ??= setTimeout(() => {
    agentsSoon = undefined;
    if (watched.value === "live")
      void Promise.all([readAgents(), readWaiting()]).catch(() => undefined);
  }, AGENTS_MS);
}

/** How the queues are now. Their changes the server tells by itself. */
async function readQueues(): Promise<void> {
  const { items } = await client.queues();
  // What was told meanwhile is newer.
  if (!queuesTold) live.value = { ...live.value, queues: sortedQueues(items) };
}

async function readWaiting(): Promise<void> {
  const { items } = await client.waiting();
  live.value = { ...live.value, waiting: items };
}

/** The whole picture anew. */
export async function readAll(): Promise<void> {
  try {
    await Promise.all([readQueues(), readWaiting(), readAgents(), readOpen()]);
    loaded.value = true;
    readFailure.value = "";
  } catch (error) {
    // What is there stays; the banner, or the next time, says more.
    if (!loaded.value) readFailure.value = whyOf(error);
  }
}

effect(() => {
  if (signing.connection.value === "open") queuesTold = false;
});
// What happened while there was no connection, or nobody looked, is told by nobody.
effect(() => {
  if (watched.value === "live") untracked(() => void readAll());
  // The search lists the agents.
  if (watched.value === "find") untracked(() => void readAgents().catch(() => undefined));
});
setInterval(() => {
  if (watched.value === "live") void readAll();
}, ALL_MS);

// The queues that may be transferred to; also the server's time.
readOnceConnected(
  signing.connection,
  async () => {
    const { items } = await client.quickConnects({ type: "queue" });
    queueTargets.value = items;
    if (items[0]) clockSays(items[0].asOf);
  },
  (why) => (queueTargetsFailure.value = whyOf(why)),
);

/** Why something could not be had, in words. */
export function whyOf(error: unknown): string {
  if (!(error instanceof BatonError)) return t("unreachable");
  const { reason, msg, suggestedAction } = error.data;
  const why = capital(reason ? tOf("reason", reason, { name: "" }) : msg);
  return [why, nextStep(reason, suggestedAction)].filter(Boolean).join(". ");
}

// --- What the supervisor does ----------------------------------------------------------------------------------------

/** Sends a request about `id`, once at a time. Gives back why it was refused, in words, or nothing. */
async function ask(id: string, request: Request): Promise<string> {
  if (busy.value.has(id)) return "";
  busy.value = new Set([...busy.value, id]);
  refusal.value = "";
  try {
    await client.publish(request);
    return "";
  } catch (error) {
    // The server's own words: they name what stands in the way, which its reason alone does not.
    return error instanceof BatonError
      ? [tOf("reason", error.data.reason ?? "", { name: "" }), error.data.msg]
          .filter(Boolean)
          .join(" – ")
      : whyOf(error);
  } finally {
    busy.value = new Set([...busy.value].filter((one) => one !== id));
  }
}

/** Calls a transfer off: its agent has the customer again, or gets him back. */
export async function cancelTransfer(transfer: Watched): Promise<boolean> {
  const why = await ask(transfer.transferId, {
    topic: "InboundCall",
    subtopic: "CancelTransfer",
    agent: transfer.agent,
    data: transfer.transferId,
  });
  if (why) refusal.value = t("refused", { why });
  else announce(t("canceled", partiesOf(transfer)));
  return why === "";
}

/** Puts a customer who waits in a queue into another one. */
export async function moveContact(contactId: string, to: QuickConnectItem): Promise<boolean> {
  const { endpointARN, endpointId, type, name, phoneNumber, agentLogin, queue } = to;
  const why = await ask(contactId, {
    topic: "InboundCall",
    subtopic: "MoveContact",
    data: {
      contactId,
      destination: { endpointARN, endpointId, type, name, phoneNumber, agentLogin, queue },
    },
  });
  if (why) refusal.value = t("refused", { why });
  else announce(t("moved", { queue: name }));
  return why === "";
}
