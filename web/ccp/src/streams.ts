/**
 * What `amazon-connect-streams` 2.28.2 expects of the frame that it embeds: the shapes of a snapshot and of the
 * configuration, and the messages. Source of each rule: the library's release/connect-streams.js.
 *
 * Every time is a Date: the library calls getTime() on it, and the structured clone of postMessage keeps it one.
 */

/** A message of the library's conduit, in both directions. */
export interface ConduitMessage {
  event: string;
  data?: unknown;
}

/** EventType.API_REQUEST: a call of ClientMethods. Replies are matched by `requestId` alone; the library never times out. */
export interface ApiRequest {
  event: string;
  requestId: string;
  method: string;
  params: Record<string, unknown>;
}

export type EndpointType = "phone_number" | "agent" | "queue";

/** The seven members of connect.Endpoint. */
export interface Endpoint {
  endpointARN: string | null;
  endpointId: string | null;
  type: EndpointType;
  name: string | null;
  phoneNumber: string | null;
  agentLogin: string | null;
  queue: string | null;
}

export type AgentStateType = "init" | "routable" | "not_routable" | "offline" | "system" | "error";

/** connect.AgentState, as getAgentStates() gives it and setState() sends it back. */
export interface AgentState {
  agentStateARN: string | null;
  name: string;
  type: AgentStateType;
  startTimestamp: Date | null;
}

export type ConnectionStateType = "connecting" | "connected" | "hold" | "disconnected";
export type ConnectionType = "agent" | "inbound" | "outbound";

export interface Connection {
  connectionId: string;
  endpoint: Endpoint;
  /** The library's older name of `endpoint`. */
  address: Endpoint;
  state: { type: ConnectionStateType; timestamp: Date };
  type: ConnectionType;
  /** True for the customer's leg alone: everything else that is no agent is a third party. */
  initial: boolean;
  /** Null makes it a desk phone's call: the library opens no media of its own. */
  softphoneMediaInfo: null;
  chatMediaInfo: null;
  monitoringInfo: null;
  mute: boolean;
  forcedMute: boolean;
  quickConnectName: string | null;
}

export type ContactStateType = "connecting" | "connected" | "ended" | "missed" | "rejected";

export interface Queue {
  /** Null: the agent's own queue, or none. */
  name: string | null;
  queueARN: string | null;
  queueId: string | null;
}

export interface Contact {
  contactId: string;
  initialContactId: string;
  type: "voice";
  state: { type: ContactStateType; timestamp: Date };
  /** The library's older name of `state`. */
  status: { type: ContactStateType; timestamp: Date };
  queue: Queue;
  queueTimestamp: Date | null;
  attributes: Record<string, { name: string; value: string }>;
  contactDuration: string;
  contactFeatures: { multiPartyConferenceEnabled: boolean };
  name: null;
  description: null;
  references: null;
  initiationMethod: "inbound" | "outbound";
  channelContext: null;
  connections: Connection[];
}

export interface Snapshot {
  state: AgentState;
  status: AgentState;
  nextState: AgentState | null;
  agentAvailabilityState: { state: string; timeStamp: Date };
  contacts: Contact[];
  snapshotTimestamp: Date;
  /** Milliseconds since 1970, when the snapshot was made. */
  localTimestamp: number;
  /** Milliseconds that the library adds to what its own clock says of a duration. */
  skew: number;
}

export interface RoutingProfile {
  name: string;
  routingProfileARN: string;
  /** The library takes the instance's id out of it. */
  routingProfileId: string;
  defaultOutboundQueue: Queue;
  queues: Queue[];
  channelConcurrencyMap: Record<string, number>;
}

export interface Configuration {
  agentARN: string;
  name: string;
  username: string;
  extension: string;
  softphoneEnabled: boolean;
  softphoneAutoAccept: boolean;
  permissions: string[];
  dialableCountries: string[];
  agentStates: AgentState[];
  agentPreferences: Record<string, string>;
  routingProfile: RoutingProfile;
}

/** Exception names of connect.CTIExceptions that Baton uses, and what it adds. */
export type ExceptionType =
  | "AccessDeniedException"
  | "BadEndpointException"
  | "InternalServiceException"
  | "InvalidConfigurationException"
  | "InvalidContactTypeException"
  | "InvalidStateException"
  | "PaginationException"
  | "QuotaExceededException"
  | "UnauthorizedException"
  /** Not of the library's list: a call that Baton does not carry out at all. */
  | "NotSupportedException";

/** An error that goes to the caller's `failure` callback. */
export class StreamsError extends Error {
  constructor(
    readonly type: ExceptionType,
    message: string,
    /** The HTTP status behind it, where there is one. */
    readonly statusCode: number | null = null,
    /** Baton's `reason` (docs/message-api.md), where there is one. */
    readonly reason: string | null = null,
  ) {
    super(message);
    this.name = "StreamsError";
  }

  /**
   * The first argument of `failure`, which the library hands on as it is: JSON text. `retryStatus` is "none": nothing is
   * sent a second time. The stack is Amazon's own and stays empty.
   */
  toText(): string {
    return JSON.stringify({
      type: this.type,
      message: this.message,
      stack: [],
      retryStatus: "none",
      ...(this.statusCode === null ? {} : { statusCode: this.statusCode }),
      ...(this.reason === null ? {} : { reason: this.reason }),
    });
  }
}
