import type * as schema from "./schema-types.ts";

/** The messages by their names. They are made from the project's JSON Schemas (`npm run types`). */

export type ServerEvent = schema.Event;
export type ApiErrorData = schema.ErrorData;
export type Reason = schema.Reason;
export type TransferState = schema.TransferState;
export type Custody = schema.Custody;
export type Destination = schema.Destination;
export type DestinationView = schema.DestinationView;
export type QuickConnect = schema.QuickConnect;
export type TransferOptions = schema.TransferOptions;
export type OptionsInForce = schema.OptionsInForce;
export type Connection = schema.Connection;
export type AgentState = schema.AgentState;
export type AgentInfo = schema.AgentInfo;
export type Capabilities = schema.Capabilities;
/** A transfer as an event tells it. */
export type Transfer = schema.EventTransferStateChange["message"];
/** A transfer as it is recorded. */
export type TransferRecord = schema.RestTransfer;
export type TransferList = schema.RestTransferList;
export type Timeline = schema.RestTransferTimeline;
export type Preflight = schema.RestPreflight;
export type PreflightRequest = schema.RestPreflightRequest;
export type QuickConnectList = schema.RestQuickConnectList;
export type QuickConnectItem = schema.RestQuickConnectList["items"][number];
export type QueueList = schema.RestQueueList;
export type AgentList = schema.RestAgentList;
export type Statistics = schema.RestStatistics;
export type QueueState = schema.QueueState;
export type WaitingList = schema.RestWaitingList;
export type Contact = schema.RestContact;
export type Preferences = schema.RestPreferences;
export type SignedIn = schema.RestLogin;
export type Accepted = schema.RestAccepted;
export type Ticket = schema.RestWsTicket;

/** Every request that is published, with what the library fills in (`channel`, `source`) left open. */
export type Request = Open<schema.Request>;
type Open<R> = R extends { source: string }
  ? Omit<R, "channel" | "source"> & { source?: string }
  : never;

/** "InboundCall/TransferStateChange", or a topic alone, or everything. */
export type Topic = ServerEvent["topic"] | "*" | EventKey;
export type EventKey = ServerEvent extends infer E
  ? E extends { topic: infer T extends string; subtopic: infer S extends string }
    ? `${T}/${S}`
    : never
  : never;
/** The events that a topic stands for. */
export type EventOf<T extends Topic> = T extends "*"
  ? ServerEvent
  : T extends `${infer Name}/${infer Sub}`
    ? Extract<ServerEvent, { topic: Name; subtopic: Sub }>
    : Extract<ServerEvent, { topic: T }>;

/** The states that end a transfer: each that was accepted reaches exactly one. */
export const OUTCOMES = [
  "connected",
  "returned",
  "canceled",
  "failed",
  "abandoned",
  "handedOver",
] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Whether a transfer's state is its outcome; `completed`, which tells the call's later end, follows one. */
export const isOutcome = (state: TransferState): boolean =>
  (OUTCOMES as readonly string[]).includes(state) || state === "completed";
