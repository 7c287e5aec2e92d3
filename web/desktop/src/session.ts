import {
  type ApiErrorData,
  BatonClient,
  BatonError,
  type Destination,
  type QuickConnectItem,
  type QueueList,
  type Request,
  type TransferOptions,
} from "@baton/client";
import { clockSays, timedFetch } from "@baton/shared/clock.ts";
import { destinationName } from "@baton/shared/numbers.ts";
import { readOnceConnected } from "@baton/shared/reading.ts";
import { signingOf } from "@baton/shared/signing.ts";
import { computed, effect, signal } from "@preact/signals";
import { boxesOf } from "./boxes.ts";
import { digitsOf } from "./digits.ts";
import { Keeper } from "./keeper.ts";
import { idsOf, textOf } from "./kept.ts";
import { refusalText } from "./refusals.ts";
import { allowed, apply, applyRecord, canTakeBack, EMPTY, phaseOf, type State } from "./state.ts";
import { storage } from "./storage.ts";
import { t } from "./texts.ts";

/** The one session of the page: the connection, the state that it tells, and what the agent can do. */

export const state = signal<State>(EMPTY);
export const buttons = computed(() => allowed(state.value.call));
export const phase = computed(() =>
  state.value.call ? phaseOf(state.value.call, state.value.stateName) : null,
);
export const takeBackAllowed = computed(() => canTakeBack(state.value));
/** A request that was refused, in words; shown until the next one. */
export const refusal = signal("");
/** What is under way, by the request's name: its button waits. */
export const busy = signal<ReadonlySet<string>>(new Set());
export const { transferBoxOpen, keypadOpen } = boxesOf(state, buttons);
/** Why the transfer box did not transfer, in words; `refusal` once it is closed. */
export const transferFailure = signal("");
export const shortcuts = signal(storage.shortcuts());
/** What a screen reader is told next. */
export const announcement = signal("");

export const quickConnects = signal<QuickConnectItem[]>([]);
export const quickConnectsAt = signal(0);
export const queues = signal<QueueList["items"]>([]);

const client = new BatonClient({ source: "baton-desktop", fetch: timedFetch });
const keeper = new Keeper({
  preferences: () => client.preferences(),
  keepPreferences: (kept) => client.keepPreferences(kept),
});
storage.onOtherKept(() => keeper.readStored());
export const { kept } = keeper;
export const favourites = computed(() => idsOf(kept.value.favourites));
export const recent = computed(() => idsOf(kept.value.recent));
const QUEUE_REFRESH_MS = 5_000;

export const signing = signingOf(client, {
  entering(signed) {
    keeper.open(signed.login);
  },
  entered() {
    void refreshDestinations();
  },
  forgotten() {
    state.value = EMPTY;
    keeper.close();
    quickConnects.value = [];
    transferBoxOpen.value = keypadOpen.value = false;
    // Whoever signs in next is told nothing of the last one's customers.
    announcement.value = refusal.value = "";
  },
});
export const { who, connection } = signing;
client.onConnection((value) => {
  if (value === "open") void keeper.sync();
});
readOnceConnected(
  connection,
  async () => {
    const reply = await client.publish({ topic: "Agent", subtopic: "GetStates" });
    if ("topic" in reply) state.value = apply(state.value, reply);
  },
  ({ data }) => (refusal.value = whyRefused(data)),
);
client.subscribe("*", (event) => {
  const before = state.value;
  state.value = apply(before, event);
  const shown = state.value.call?.contactId;
  // A sync of several calls was followed by the records of the one that was shown.
  const cameForward = before.behind.some(({ call }) => call.contactId === shown);
  if (cameForward || (event.topic === "InboundCall" && event.subtopic === "StateSync"))
    void resumeTransfer();
  // What became of a transfer stands on its card, and a refused one in the box that asked for it.
  if (
    event.topic === "Error" &&
    event.sequence !== undefined &&
    event.data.errorType !== "BLIND_TRANSFER_FAILED"
  ) {
    refusal.value = whyRefused(event.data);
    digits.lost(event.id, refusal.value);
  }
});

/** A sync tells of no transfer: whose events are past, after a refresh or a long absence, the records know. */
async function resumeTransfer(): Promise<void> {
  const known = state.value.transfer;
  const contactId = (state.value.call ?? known)?.contactId;
  if (contactId === undefined) return;
  const list = await client.transferRecords({ contactId }).catch(() => null);
  const mine = list?.items.filter((record) => record.agent === who.value?.login) ?? [];
  const newest = mine.sort((a, b) => a.at.localeCompare(b.at)).at(-1);
  if (newest) state.value = applyRecord(state.value, newest, known);
}

// --- What the agent does ---------------------------------------------------------------------------------------------

const whyRefused = (data: ApiErrorData): string => {
  const { capabilities, transfer: last } = state.value;
  return refusalText(data, last ? destinationName(last) : "", capabilities?.backend);
};

/** Sends a request; a second one of the same name waits for nobody: it is not sent. Whether it was accepted. */
async function ask(name: string, request: Request): Promise<boolean> {
  if (busy.value.has(name)) return false;
  busy.value = new Set([...busy.value, name]);
  refusal.value = "";
  try {
    await client.publish(request);
    return true;
  } catch (error) {
    refusal.value = error instanceof BatonError ? whyRefused(error.data) : t("unreachable");
    return false;
  } finally {
    busy.value = new Set([...busy.value].filter((one) => one !== name));
  }
}

const ofCall = (): { contactId?: string } =>
  state.value.call ? { contactId: state.value.call.contactId } : {};

export const startWork = (): Promise<boolean> =>
  ask("login", { topic: "Agent", subtopic: "Login" });
export const endWork = (): Promise<boolean> => ask("login", { topic: "Agent", subtopic: "Logout" });
export const setState = (choice: State["choices"][number]): Promise<boolean> =>
  ask("state", { topic: "Agent", subtopic: "UpdateState", data: choice } as Request);
export const answer = (): Promise<boolean> =>
  ask("answer", { topic: "InboundCall", subtopic: "Answer", ...ofCall() });
export const reject = (): Promise<boolean> =>
  ask("reject", { topic: "InboundCall", subtopic: "Reject", ...ofCall() });
export const holdOrResume = (): Promise<boolean> =>
  ask("hold", {
    topic: "InboundCall",
    subtopic: buttons.value.resume ? "Resume" : "Hold",
    ...ofCall(),
  });
export const muteOrNot = (): Promise<boolean> =>
  ask("mute", { topic: "Agent", subtopic: state.value.agent?.muted ? "Unmute" : "Mute" });
export const hangUp = (): Promise<boolean> =>
  ask("hangUp", { topic: "InboundCall", subtopic: "Disconnect", ...ofCall() });
export const digits = digitsOf(async (data, id) =>
  (await ask("digit", { topic: "InboundCall", subtopic: "SendDTMF", data, id, ...ofCall() }))
    ? ""
    : refusal.value,
);
export const clearContact = (): Promise<boolean> =>
  ask("clear", { topic: "InboundCall", subtopic: "ClearContact", ...ofCall() });
export const callNumber = (number: string): Promise<boolean> =>
  ask("makeCall", { topic: "InboundCall", subtopic: "SetMakeCall", data: number });
export const takeBack = (): Promise<boolean> =>
  ask("takeBack", {
    topic: "InboundCall",
    subtopic: "CancelTransfer",
    ...(state.value.transfer ? { data: state.value.transfer.transferId } : {}),
  });

const transferOf = (contactId: string | undefined): string => `transfer ${contactId ?? ""}`;
/** Whether the answer to the transfer of the call that is shown is awaited; there may be another one's. */
export const transferring = computed(() => busy.value.has(transferOf(state.value.call?.contactId)));

/**
 * Hands the customer on; the transfer box closes once it is accepted. Why not is told in the box, or on the page where
 * it is closed by then, or another call's.
 */
export async function transfer(
  destination: Destination,
  options: TransferOptions,
  key: string | null,
): Promise<void> {
  if (transferring.value) {
    transferFailure.value = t("transferring");
    return;
  }
  const asked = ofCall();
  const name = transferOf(asked.contactId);
  busy.value = new Set([...busy.value, name]);
  refusal.value = transferFailure.value = "";
  const stillShown = (): boolean => ofCall().contactId === asked.contactId;
  try {
    await client.transfer(destination, options, asked);
    if (key) keeper.set("recent", key, true);
    if (stillShown()) transferBoxOpen.value = false;
  } catch (error) {
    const told = transferBoxOpen.value && stillShown() ? transferFailure : refusal;
    told.value = error instanceof BatonError ? whyRefused(error.data) : t("unreachable");
  } finally {
    busy.value = new Set([...busy.value].filter((one) => one !== name));
  }
}

/** What the server would say to a number. */
export const preflight = (number: string): ReturnType<BatonClient["preflight"]> =>
  client.preflight({ destination: number });

export function toggleFavourite(key: string): void {
  keeper.set("favourites", key, !favourites.value.includes(key));
}

/** The agent's own note on a contact, or his note for the next agent, as far as he has written it. */
export const noteOf = (kind: "notes" | "transferNotes", contactId: string): string =>
  textOf(kept.value[kind], contactId);
export const setNote = (kind: "notes" | "transferNotes", contactId: string, text: string): void =>
  keeper.set(kind, contactId, text);
/** What another browser of the same agent has written meanwhile is here afterwards. */
export const readKept = (): Promise<void> => keeper.sync();

// --- What is read again and again ------------------------------------------------------------------------------------

/** All that the agent may transfer to, with whether it can take a call now. */
export async function refreshDestinations(): Promise<void> {
  const items: QuickConnectItem[] = [];
  let cursor: string | undefined;
  try {
    do {
      const page = await client.quickConnects(cursor === undefined ? {} : { cursor });
      items.push(...page.items);
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
  } catch {
    return; // The old list stays, and says its age.
  }
  // The figures' time is that of the answer.
  if (items[0]) clockSays(items[0].asOf);
  quickConnects.value = items;
  quickConnectsAt.value = Date.now();
}

async function refreshQueues(): Promise<void> {
  if (connection.value !== "open" || document.hidden || state.value.call) return;
  const list = await client.queues().catch(() => null);
  if (list) queues.value = list.items;
}
setInterval(() => void refreshQueues(), QUEUE_REFRESH_MS);
effect(() => {
  if (connection.value === "open" && state.value.call === null) void refreshQueues();
});
