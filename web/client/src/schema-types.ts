// Made from schema/*.json by `npm run types`. Do not edit.

export type Everything =
  | EventAgentStateSync
  | EventApiError
  | EventAppStateSync
  | EventBridgeCommand
  | EventCallStateSync
  | EventGetStates
  | EventInboundCallStateChange
  | EventLoginSuccess
  | EventLogoutSuccess
  | EventQueueStateChange
  | EventSetAgentState
  | EventTransferStateChange
  | Event
  | RequestAgentStateSync
  | RequestAnswer
  | RequestAppStateSync
  | RequestBlindTransfer
  | RequestBridgeEndpoints
  | RequestBridgeHello
  | RequestBridgeResult
  | RequestBridgeSnapshot
  | RequestCallStateSync
  | RequestCancelTransfer
  | RequestClearContact
  | RequestDisconnect
  | RequestGetStates
  | RequestHold
  | RequestLogin
  | RequestLogout
  | RequestMakeCall
  | RequestMoveContact
  | RequestMute
  | RequestNotSupported
  | RequestReject
  | RequestResume
  | RequestSendDtmf
  | RequestSetNotReady
  | RequestUnmute
  | RequestUpdateState
  | Request
  | RestAccepted
  | RestAgentList
  | RestContact
  | RestDirectoryFaults
  | RestDirectory
  | RestError
  | RestLoginRequest
  | RestLogin
  | RestPreferences
  | RestPreflightRequest
  | RestPreflight
  | RestQueueList
  | RestQuickConnectList
  | RestStatistics
  | RestTransferList
  | RestTransferTimeline
  | RestTransfer
  | RestWaitingList
  | RestWsTicket;
/**
 * RFC 3339, UTC, with milliseconds.
 */
export type Timestamp = string;
export type EnableOrHide = "Enable" | "Hide";
export type Uuid = string;
export type Reason =
  | "noActiveCall"
  | "callNotOwned"
  | "ambiguousCall"
  | "transferInProgress"
  | "invalidMessage"
  | "invalidDestination"
  | "destinationNotFound"
  | "destinationNotPermitted"
  | "optionNotSupported"
  | "notSupported"
  | "numberNotPossible"
  | "countryNotAllowed"
  | "premiumRateBlocked"
  | "queueClosed"
  | "queueFull"
  | "noAgentStaffed"
  | "agentUnavailable"
  | "busy"
  | "rejected"
  | "noAnswer"
  | "numberNotFound"
  | "carrierUnavailable"
  | "mediaNotAcceptable"
  | "customerHungUp"
  | "canceled"
  | "backendRefused"
  | "backendUnavailable"
  | "timeout"
  | "idempotencyConflict"
  | "rateLimited"
  | "internal";
export type TransferState =
  | "accepted"
  | "dialing"
  | "alerting"
  | "queued"
  | "returning"
  | "requeued"
  | "outcomeUnknown"
  | "connected"
  | "returned"
  | "canceled"
  | "failed"
  | "abandoned"
  | "handedOver"
  | "completed";
/**
 * Who has the customer.
 */
export type Custody =
  "agent" | "server" | "queue" | "destination" | "back end" | "unknown" | "gone";
/**
 * Any message of the server
 */
export type Event =
  | EventAppStateSync
  | EventAgentStateSync
  | EventGetStates
  | EventLoginSuccess
  | EventLogoutSuccess
  | EventSetAgentState
  | EventInboundCallStateChange
  | EventCallStateSync
  | EventTransferStateChange
  | EventQueueStateChange
  | EventBridgeCommand
  | EventApiError;
/**
 * At most 128 bytes.
 */
export type Identifier = string;
/**
 * Where a call goes: a phone number, or a quick connect.
 */
export type Destination = TypedNumber | QuickConnect;
/**
 * A phone number as typed on the dial pad: E.164, with blanks, dots, hyphens and brackets inside, which are removed.
 */
export type TypedNumber = string;
/**
 * Recognised, not supported yet: Published requests that are recognised and refused, with their own errorType and the reason notSupported.
 */
export type RequestNotSupported = {
  channel: "Amazon";
  source: Identifier;
  /**
   * The client's request id and idempotency key.
   */
  id?: Identifier | null;
  /**
   * The contact that is meant.
   */
  contactId?: Identifier | null;
  /**
   * For whom a supervisor or service acts.
   */
  agent?: Identifier | null;
} & RequestNotSupported1;
export type RequestNotSupported1 =
  | {
      topic?: "InboundCall";
      subtopic?: "Consult" | "Swap" | "Conference" | "Transfer";
    }
  | {
      topic?: "OutboundCall";
      subtopic?:
        | "MakeCall"
        | "Skip"
        | "Disconnect"
        | "SetHold"
        | "Resume"
        | "SendDTMF"
        | "GetAgentList"
        | "Consult"
        | "ExternalConsult"
        | "ConsultDrop"
        | "Swap"
        | "Conference"
        | "Transfer"
        | "QueueTransfer"
        | "AcceptWarmTransfer"
        | "RejectWarmTransfer"
        | "ClearContact"
        | "DropNailedCall";
    };
/**
 * Any request: The canonical form. The server also takes any case of the envelope's keys and of the values of channel, topic and subtopic, and ignores unknown keys.
 */
export type Request =
  | RequestAppStateSync
  | RequestAgentStateSync
  | RequestGetStates
  | RequestLogin
  | RequestLogout
  | RequestUpdateState
  | RequestSetNotReady
  | RequestMute
  | RequestUnmute
  | RequestCallStateSync
  | RequestAnswer
  | RequestReject
  | RequestHold
  | RequestResume
  | RequestSendDtmf
  | RequestMakeCall
  | RequestDisconnect
  | RequestClearContact
  | RequestBlindTransfer
  | RequestCancelTransfer
  | RequestMoveContact
  | RequestBridgeHello
  | RequestBridgeSnapshot
  | RequestBridgeEndpoints
  | RequestBridgeResult
  | RequestNotSupported;
/**
 * Give it back as ?cursor= for the next page; null on the last.
 */
export type NextCursor = string | null;
/**
 * ITU-T E.164 with its plus.
 */
export type E164 = string;

/**
 * Agent / StateSync: The state of the agent.
 */
export interface EventAgentStateSync {
  channel: "Amazon";
  topic: "Agent";
  subtopic: "StateSync";
  message: {
    loginState: "LoggedOut" | "LoggingIn" | "LoggingOut" | "LoggedIn";
    agentInfo: AgentInfo | null;
    agentState: AgentState | null;
    rules: Rules | "";
  };
  /**
   * Login of the agent whom it tells of.
   */
  agent?: string;
  /**
   * New when the store is new.
   */
  epoch?: string;
  /**
   * Counts the agent's events without a gap; absent on replies and refusals.
   */
  sequence?: number;
  /**
   * The id of the request that caused it.
   */
  id?: string;
}
export interface AgentInfo {
  name: string;
  id: string;
  extension: string;
  loginName: string;
  muted: boolean;
  softphoneEnabled: boolean;
  state: string;
  stateChangeTime: Timestamp;
  type: "routable" | "not_routable" | "offline" | "system";
  reasonCode?: {
    id: string;
  };
  routingProfile: {
    channelConcurrencyMap: {
      VOICE: number;
      CHAT: number;
    };
    defaultOutboundQueue: {
      queueARN: string;
      name: string;
      queueId: string;
    } | null;
    name: string;
    routingProfileARN: string;
    routingProfileId: string;
  };
}
export interface AgentState {
  agentStateARN: null;
  type: "routable" | "not_routable" | "offline" | "system";
  name: string;
  startTimestamp: Timestamp;
}
export interface Rules {
  ButtonStates: {
    items: {
      NotReady?: EnableOrHide;
      Ready?: EnableOrHide;
      make_call?: EnableOrHide;
      mute?: EnableOrHide;
      unmute?: EnableOrHide;
    };
    count: number;
  };
  ResponseActual: AgentState | null;
}
/**
 * Error / ApiError: A request was refused, or a transfer failed.
 */
export interface EventApiError {
  channel: "Amazon";
  topic: "Error";
  subtopic: "ApiError";
  data: ErrorData;
  /**
   * Login of the agent whom it tells of.
   */
  agent?: string;
  /**
   * New when the store is new.
   */
  epoch?: string;
  /**
   * Counts the agent's events without a gap; absent on replies and refusals.
   */
  sequence?: number;
  /**
   * The id of the request that caused it.
   */
  id?: string;
}
export interface ErrorData {
  errorType: string;
  /**
   * For people: which field is wrong, what was seen and what is expected; or the back end's own text.
   */
  msg: string;
  /**
   * The fixed text of the errorType.
   */
  errorMessage: string;
  transferId?: Uuid;
  runningTransferId?: Uuid;
  contactId?: Uuid;
  reason?: Reason;
  stage?: TransferState;
  retryable?: boolean;
  /**
   * With rateLimited: when it may be tried again.
   */
  retryAfterSeconds?: number;
  customerLocation?: Custody;
  agentState?: string;
  suggestedAction?: string;
  backend?: BackendError;
}
/**
 * The back end's own word.
 */
export interface BackendError {
  name: string;
  /**
   * The SIP or HTTP status, or 0.
   */
  code: number;
  text: string;
  /**
   * Amazon Connect: the name of the exception.
   */
  error?: string;
}
/**
 * App / StateSync: The state of the application.
 */
export interface EventAppStateSync {
  channel: "Amazon";
  topic: "App";
  subtopic: "StateSync";
  message: {
    initState: "None" | "Loading" | "Loaded";
    capabilities: Capabilities;
  };
  /**
   * Login of the agent whom it tells of.
   */
  agent?: string;
  /**
   * New when the store is new.
   */
  epoch?: string;
  /**
   * Counts the agent's events without a gap; absent on replies and refusals.
   */
  sequence?: number;
  /**
   * The id of the request that caused it.
   */
  id?: string;
}
/**
 * What the back end can do.
 */
export interface Capabilities {
  backend: string;
  /**
   * By the type of the destination.
   */
  releaseOn: {
    dial_pad: ReleaseOnOfType;
    phone_number: ReleaseOnOfType;
    queue: ReleaseOnOfType;
    agent: ReleaseOnOfType;
  };
  tracksAfterRelease: boolean;
  takeBackAfterRelease: boolean;
  fallbackAfterRelease: boolean;
  seesAnswer: boolean;
}
export interface ReleaseOnOfType {
  values: ("accepted" | "alerting" | "answered")[];
  default: "accepted" | "alerting" | "answered";
}
/**
 * Bridge / Command: To one bridge: what it is to ask the library for. Not an event of the agent: nobody else gets it, and it is not numbered.
 */
export interface EventBridgeCommand {
  channel: "Amazon";
  topic: "Bridge";
  subtopic: "Command";
  message: {
    /**
     * What its Result names; 0: none is expected.
     */
    command: number;
    /**
     * Of the lease. A bridge does nothing for an epoch that is not its own.
     */
    epoch: number;
    action:
      | "lease"
      | "report"
      | "addConnection"
      | "leaveContact"
      | "resumeCustomer"
      | "accept"
      | "reject"
      | "hold"
      | "resume"
      | "sendDigits"
      | "makeCall"
      | "disconnect"
      | "clear"
      | "mute"
      | "unmute"
      | "setState"
      | "endpoints"
      | "coldTransfer";
    at: Timestamp;
    /**
     * Counted from at: later it is not carried out.
     */
    deadlineMs?: number;
    contactId?: string;
    /**
     * The library's Endpoint.
     */
    endpoint?: {
      endpointARN: string | null;
      endpointId: string | null;
      type: "phone_number" | "queue" | "agent";
      name: string | null;
      phoneNumber: string | null;
      agentLogin: null;
      queue: null;
    };
    /**
     * With lease: the digest of the list of endpoints that Baton has.
     */
    endpoints?: string;
    digits?: string;
    state?: {
      name: string;
      type: string;
    };
  };
  /**
   * Login of the agent whom it tells of.
   */
  agent: string;
  /**
   * New when the store is new.
   */
  epoch?: string;
  /**
   * Counts the agent's events without a gap; absent on replies and refusals.
   */
  sequence?: number;
  /**
   * The id of the request that caused it.
   */
  id?: string;
}
/**
 * InboundCall / StateSync: The agent's call, with each of its legs.
 */
export interface EventCallStateSync {
  channel: "Amazon";
  topic: "InboundCall";
  subtopic: "StateSync";
  message: {
    attributes: {
      name: string;
      value: string;
    }[];
    queueName: string | null;
    queueTimestamp: Timestamp | null;
    calls: Connection[];
  };
  /**
   * Login of the agent whom it tells of.
   */
  agent?: string;
  /**
   * New when the store is new.
   */
  epoch?: string;
  /**
   * Counts the agent's events without a gap; absent on replies and refusals.
   */
  sequence?: number;
  /**
   * The id of the request that caused it.
   */
  id?: string;
}
/**
 * One leg of a contact.
 */
export interface Connection {
  connectionId: string;
  contactId: string;
  /**
   * null on the agent's leg.
   */
  phoneNumber: string | null;
  status: "connecting" | "connected" | "hold" | "disconnected";
  statusTimestamp: Timestamp;
  type: "agent" | "inbound" | "outbound";
  buttonStates: {
    answer: boolean;
    reject: boolean;
    disconnect: boolean;
    hold: boolean;
    resume: boolean;
    clearContact: boolean;
    consult: boolean;
    numberpad: boolean;
    swap: boolean;
    transfer: boolean;
    conference: boolean;
    blindTransfer: boolean;
  };
  previousStatus?: "connecting" | "connected" | "hold" | "disconnected";
}
/**
 * Agent / GetStates: The states that the agent may choose.
 */
export interface EventGetStates {
  channel: "Amazon";
  topic: "Agent";
  subtopic: "GetStates";
  message: {
    label: string;
    code: string;
    type: "routable" | "not_routable" | "offline";
  }[];
  /**
   * Login of the agent whom it tells of.
   */
  agent?: string;
  /**
   * New when the store is new.
   */
  epoch?: string;
  /**
   * Counts the agent's events without a gap; absent on replies and refusals.
   */
  sequence?: number;
  /**
   * The id of the request that caused it.
   */
  id?: string;
}
/**
 * InboundCall / InboundCallStateChange: One leg of the call changed.
 */
export interface EventInboundCallStateChange {
  channel: "Amazon";
  topic: "InboundCall";
  subtopic: "InboundCallStateChange";
  message: {
    call: {
      ButtonStates: ButtonStates;
      ActionsAllowed: null;
      ResponseType: 0;
      ResponseText: "Success";
      ResponseActual: Connection;
      CallVariables: {
        [k: string]: string;
      };
      ExtendedCallVariables: null;
      ResponseFields: {
        Participants: unknown[];
        MediaProperties: {
          callType: "agent" | "inbound" | "outbound";
          queueName: string;
          queueTimestamp: Timestamp | null;
        };
        fromAddress: string | null;
        CallState: "connecting" | "connected" | "hold" | "disconnected";
        Type: "agent" | "inbound" | "outbound";
        CurrentStateTime: Timestamp;
        Campaign: "";
        /**
         * The name of the queue.
         */
        DN: string;
      };
      /**
       * The connectionId.
       */
      id: string;
      event: "connecting" | "connected" | "hold" | "missed" | "Rejected" | "ACW" | "Dropped";
      CallType: "agent" | "inbound" | "outbound";
    };
    source: "event";
  };
  /**
   * Login of the agent whom it tells of.
   */
  agent?: string;
  /**
   * New when the store is new.
   */
  epoch?: string;
  /**
   * Counts the agent's events without a gap; absent on replies and refusals.
   */
  sequence?: number;
  /**
   * The id of the request that caused it.
   */
  id?: string;
}
export interface ButtonStates {
  items: {
    answer: EnableOrHide;
    reject: EnableOrHide;
    disconnect: EnableOrHide;
    hold: EnableOrHide;
    resume: EnableOrHide;
    clearContact: EnableOrHide;
    consult: EnableOrHide;
    numberpad: EnableOrHide;
    swap: EnableOrHide;
    transfer: EnableOrHide;
    conference: EnableOrHide;
    blindTransfer: EnableOrHide;
  };
  /**
   * The number of published keys; blindTransfer is an addition and not counted.
   */
  count: 11;
}
/**
 * Agent / LoginSuccess: The agent is logged in.
 */
export interface EventLoginSuccess {
  channel: "Amazon";
  topic: "Agent";
  subtopic: "LoginSuccess";
  message: {
    loginState: "LoggedIn";
    agentInfo: AgentInfo | null;
    agentState: null;
    rules: null;
  };
  /**
   * Login of the agent whom it tells of.
   */
  agent?: string;
  /**
   * New when the store is new.
   */
  epoch?: string;
  /**
   * Counts the agent's events without a gap; absent on replies and refusals.
   */
  sequence?: number;
  /**
   * The id of the request that caused it.
   */
  id?: string;
}
/**
 * Agent / LogoutSuccess: The agent is logged out.
 */
export interface EventLogoutSuccess {
  channel: "Amazon";
  topic: "Agent";
  subtopic: "LogoutSuccess";
  message: {
    loginState: "LoggedOut";
    agentInfo: AgentInfo | null;
    agentState: AgentState | null;
    rules: Rules | null;
  };
  /**
   * Login of the agent whom it tells of.
   */
  agent?: string;
  /**
   * New when the store is new.
   */
  epoch?: string;
  /**
   * Counts the agent's events without a gap; absent on replies and refusals.
   */
  sequence?: number;
  /**
   * The id of the request that caused it.
   */
  id?: string;
}
/**
 * Queue / QueueStateChange: To supervisors and services that follow agents=*: first how all queues are (a long list in several messages), then, at most once a second, those that changed. A state and no history: not numbered, not repeated, of no agent.
 */
export interface EventQueueStateChange {
  channel: "Amazon";
  topic: "Queue";
  subtopic: "QueueStateChange";
  message: {
    /**
     * Whole, each; at most 200.
     */
    queues: QueueState[];
    /**
     * ARNs of queues that the directory has no more; absent where that is none.
     */
    removed?: string[];
    /**
     * RFC 3339, UTC, with milliseconds.
     */
    at: string;
  };
  /**
   * Never sent.
   */
  agent?: string;
  /**
   * Never sent.
   */
  epoch?: string;
  /**
   * Never sent.
   */
  sequence?: number;
  /**
   * Never sent.
   */
  id?: string;
}
/**
 * How a queue is now.
 */
export interface QueueState {
  arn: string;
  name: string;
  open: boolean;
  waiting: number;
  /**
   * When the customer who has waited longest came into a queue; null: nobody waits.
   */
  longestWaitingSince: Timestamp | null;
  /**
   * Agents at work who serve the queue.
   */
  agentsStaffed: number;
  /**
   * Those of them who can be offered a call now.
   */
  agentsAvailable: number;
  /**
   * For one who came now. It is left out until a first customer was taken out of the queue.
   */
  estimatedWaitSeconds?: number;
}
/**
 * Agent / SetAgentState: The agent's state changed.
 */
export interface EventSetAgentState {
  channel: "Amazon";
  topic: "Agent";
  subtopic: "SetAgentState";
  message: {
    rules: Rules | null;
    data: AgentInfo | null;
    /**
     * The name of the state.
     */
    event: string;
    source: "event";
  };
  /**
   * Login of the agent whom it tells of.
   */
  agent?: string;
  /**
   * New when the store is new.
   */
  epoch?: string;
  /**
   * Counts the agent's events without a gap; absent on replies and refusals.
   */
  sequence?: number;
  /**
   * The id of the request that caused it.
   */
  id?: string;
}
/**
 * InboundCall / TransferStateChange: A transfer went on.
 */
export interface EventTransferStateChange {
  channel: "Amazon";
  topic: "InboundCall";
  subtopic: "TransferStateChange";
  message: {
    transferId: Uuid;
    contactId: Uuid;
    state: TransferState;
    custody: Custody;
    destination: DestinationView;
    options: OptionsInForce;
    at: Timestamp;
    reason?: Reason;
    /**
     * Login or number of who answered.
     */
    connectedTo?: string;
    /**
     * True where it is certain that a human answered.
     */
    connectedToAgent?: boolean;
    position?: number;
    /**
     * It is left out until a first customer was taken out of the queue.
     */
    estimatedWaitSeconds?: number;
    queueName?: string;
    backend?: BackendError;
  };
  /**
   * Login of the agent whom it tells of.
   */
  agent?: string;
  /**
   * New when the store is new.
   */
  epoch?: string;
  /**
   * Counts the agent's events without a gap; absent on replies and refusals.
   */
  sequence?: number;
  /**
   * The id of the request that caused it.
   */
  id?: string;
}
/**
 * A destination as the directory has it. An empty type is never sent.
 */
export interface DestinationView {
  endpointARN: string | null;
  endpointId: string | null;
  type: "dial_pad" | "phone_number" | "queue" | "agent";
  name: string;
  phoneNumber: string | null;
  agentLogin: string | null;
  queue: string | null;
}
export interface OptionsInForce {
  releaseOn: "accepted" | "alerting" | "answered";
  ringTimeoutSeconds: number;
  queueTimeoutSeconds: number;
  onFailure: (("return" | "originalQueue" | "disconnect") | string)[];
  note: string | null;
  attributes: {
    [k: string]: string;
  };
}
/**
 * Agent / StateSync: Asks for the state of the agent.
 */
export interface RequestAgentStateSync {
  channel: "Amazon";
  topic: "Agent";
  subtopic: "StateSync";
  source: Identifier;
  /**
   * The client's request id and idempotency key.
   */
  id?: Identifier | null;
  /**
   * The contact that is meant.
   */
  contactId?: Identifier | null;
  /**
   * For whom a supervisor or service acts.
   */
  agent?: Identifier | null;
}
/**
 * InboundCall / Answer: Answers the call that is offered.
 */
export interface RequestAnswer {
  channel: "Amazon";
  topic: "InboundCall";
  subtopic: "Answer";
  source: Identifier;
  /**
   * A connection or contact id; the same as contactId where both are given.
   */
  data?: string | {} | null;
  /**
   * The client's request id and idempotency key.
   */
  id?: Identifier | null;
  /**
   * The contact that is meant.
   */
  contactId?: Identifier | null;
  /**
   * For whom a supervisor or service acts.
   */
  agent?: Identifier | null;
}
/**
 * App / StateSync: Asks for the state of the application.
 */
export interface RequestAppStateSync {
  channel: "Amazon";
  topic: "App";
  subtopic: "StateSync";
  source: Identifier;
  /**
   * The client's request id and idempotency key.
   */
  id?: Identifier | null;
  /**
   * The contact that is meant.
   */
  contactId?: Identifier | null;
  /**
   * For whom a supervisor or service acts.
   */
  agent?: Identifier | null;
}
/**
 * InboundCall / BlindTransfer: Hands the customer on.
 */
export interface RequestBlindTransfer {
  channel: "Amazon";
  topic: "InboundCall";
  subtopic: "BlindTransfer" | "Blindtransfer";
  source: Identifier;
  data: Destination;
  /**
   * The client's request id and idempotency key.
   */
  id?: Identifier | null;
  /**
   * The contact that is meant.
   */
  contactId?: Identifier | null;
  /**
   * For whom a supervisor or service acts.
   */
  agent?: Identifier | null;
  options?: TransferOptions | null;
}
/**
 * A quick connect in the published shape. Keys are matched without regard to case; unknown ones are ignored.
 */
export interface QuickConnect {
  /**
   * The Amazon Resource Name of the quick connect.
   */
  endpointARN: string;
  /**
   * The same as endpointARN.
   */
  endpointId: string;
  type: "phone_number" | "queue" | "agent";
  /**
   * At most 512 bytes.
   */
  name: string;
  /**
   * E.164 where present. The number in the directory wins; one that differs is refused.
   */
  phoneNumber?: string | null;
  agentLogin?: string | null;
  queue?: string | null;
}
export interface TransferOptions {
  /**
   * When the primary agent is released.
   */
  releaseOn?: "accepted" | "alerting" | "answered" | null;
  ringTimeoutSeconds?: number | null;
  queueTimeoutSeconds?: number | null;
  onFailure?: (("return" | "originalQueue" | "disconnect") | string)[] | null;
  /**
   * Shown to the receiving agent.
   */
  note?: string | null;
  /**
   * At most 32,768 bytes of keys and values in all, with those that earlier transfers handed on with the call.
   */
  attributes?: {
    [k: string]: string;
  } | null;
}
/**
 * Bridge / Endpoints: What the agent's session lists as destinations, the quick connects of his queues, or a part of that. Sent with a new lease where Baton has another list, and when it has changed.
 */
export interface RequestBridgeEndpoints {
  channel: "Amazon";
  topic: "Bridge";
  subtopic: "Endpoints";
  source: Identifier;
  data: {
    epoch: number;
    /**
     * Of the whole list; only compared.
     */
    digest?: string | null;
    /**
     * Counted from 0; parts come in their order.
     */
    part?: number | null;
    /**
     * Another part follows. At most 4000 endpoints in all.
     */
    more?: boolean | null;
    /**
     * Endpoint ARNs. Null: the session does not tell, and nothing is checked by it.
     */
    arns?: string[] | null;
  };
  /**
   * The client's request id and idempotency key.
   */
  id?: Identifier | null;
  /**
   * For whom a supervisor or service acts.
   */
  agent?: Identifier | null;
}
/**
 * Bridge / Hello: The bridge beside an agent's session at Amazon Connect says who it is, before anything else. Over a WebSocket only.
 */
export interface RequestBridgeHello {
  channel: "Amazon";
  topic: "Bridge";
  subtopic: "Hello";
  source: Identifier;
  data: {
    tab: Identifier;
    instance?: string | null;
    agentArn?: string | null;
    username?: string | null;
    library?: string | null;
    /**
     * It has a client of the SDK, and carries out coldTransfer.
     */
    coldTransfer?: boolean | null;
  };
  /**
   * The client's request id and idempotency key.
   */
  id?: Identifier | null;
  /**
   * For whom a supervisor or service acts.
   */
  agent?: Identifier | null;
}
/**
 * Bridge / Result: The library called back about a command. Where it never does, nothing is sent.
 */
export interface RequestBridgeResult {
  channel: "Amazon";
  topic: "Bridge";
  subtopic: "Result";
  source: Identifier;
  data: {
    command: number;
    epoch: number;
    ok?: boolean | null;
    error?: {
      name?: string | null;
      message?: string | null;
      status?: number | null;
    } | null;
  };
  /**
   * The client's request id and idempotency key.
   */
  id?: Identifier | null;
  /**
   * For whom a supervisor or service acts.
   */
  agent?: Identifier | null;
}
/**
 * Bridge / Snapshot: What the agent's session shows: at first, on every change, and when it is asked for. Taken from the bridge that has the lease.
 */
export interface RequestBridgeSnapshot {
  channel: "Amazon";
  topic: "Bridge";
  subtopic: "Snapshot";
  source: Identifier;
  data: {
    /**
     * Of the lease.
     */
    epoch: number;
    /**
     * False: the frame of the CCP has been silent for some seconds.
     */
    alive?: boolean | null;
    /**
     * When the service made what is shown, in Unix milliseconds by its clock. Under a new lease one that is older than what was seen before is left out.
     */
    takenAtMs?: number | null;
    agent: {
      state: string;
      type?: string | null;
      muted?: boolean | null;
    };
    contacts?: {
      contactId: Identifier;
      type: string;
      state: string;
      queueARN?: string | null;
      queueName?: string | null;
      connections?: {
        connectionId: Identifier;
        type: string;
        state: string;
        initial?: boolean | null;
        phoneNumber?: string | null;
        quickConnect?: string | null;
      }[];
    }[];
  };
  /**
   * The client's request id and idempotency key.
   */
  id?: Identifier | null;
  /**
   * For whom a supervisor or service acts.
   */
  agent?: Identifier | null;
}
/**
 * InboundCall / StateSync: Asks for the agent's call.
 */
export interface RequestCallStateSync {
  channel: "Amazon";
  topic: "InboundCall";
  subtopic: "StateSync";
  source: Identifier;
  /**
   * The client's request id and idempotency key.
   */
  id?: Identifier | null;
  /**
   * The contact that is meant.
   */
  contactId?: Identifier | null;
  /**
   * For whom a supervisor or service acts.
   */
  agent?: Identifier | null;
}
/**
 * InboundCall / CancelTransfer: Takes the customer back. Without data: the agent's own running transfer.
 */
export interface RequestCancelTransfer {
  channel: "Amazon";
  topic: "InboundCall";
  subtopic: "CancelTransfer";
  source: Identifier;
  /**
   * A transferId.
   */
  data?:
    | string
    | {
        transferId?: string | null;
      }
    | null;
  /**
   * The client's request id and idempotency key.
   */
  id?: Identifier | null;
  /**
   * The contact that is meant.
   */
  contactId?: Identifier | null;
  /**
   * For whom a supervisor or service acts.
   */
  agent?: Identifier | null;
}
/**
 * InboundCall / ClearContact: Clears a call in after-call work, missed or rejected.
 */
export interface RequestClearContact {
  channel: "Amazon";
  topic: "InboundCall";
  subtopic: "ClearContact";
  source: Identifier;
  /**
   * The client's request id and idempotency key.
   */
  id?: Identifier | null;
  /**
   * The contact that is meant.
   */
  contactId?: Identifier | null;
  /**
   * For whom a supervisor or service acts.
   */
  agent?: Identifier | null;
}
/**
 * InboundCall / Disconnect: Ends the call.
 */
export interface RequestDisconnect {
  channel: "Amazon";
  topic: "InboundCall";
  subtopic: "Disconnect";
  source: Identifier;
  /**
   * A connection or contact id; the same as contactId where both are given.
   */
  data?: string | {} | null;
  /**
   * The client's request id and idempotency key.
   */
  id?: Identifier | null;
  /**
   * The contact that is meant.
   */
  contactId?: Identifier | null;
  /**
   * For whom a supervisor or service acts.
   */
  agent?: Identifier | null;
}
/**
 * Agent / GetStates: Asks which states the agent may choose.
 */
export interface RequestGetStates {
  channel: "Amazon";
  topic: "Agent";
  subtopic: "GetStates" | "GetAgentState";
  source: Identifier;
  /**
   * The client's request id and idempotency key.
   */
  id?: Identifier | null;
  /**
   * The contact that is meant.
   */
  contactId?: Identifier | null;
  /**
   * For whom a supervisor or service acts.
   */
  agent?: Identifier | null;
}
/**
 * InboundCall / Hold: Puts the customer on hold.
 */
export interface RequestHold {
  channel: "Amazon";
  topic: "InboundCall";
  subtopic: "Hold";
  source: Identifier;
  /**
   * A connection or contact id; the same as contactId where both are given.
   */
  data?: string | {} | null;
  /**
   * The client's request id and idempotency key.
   */
  id?: Identifier | null;
  /**
   * The contact that is meant.
   */
  contactId?: Identifier | null;
  /**
   * For whom a supervisor or service acts.
   */
  agent?: Identifier | null;
}
/**
 * Agent / Login: Logs the agent in.
 */
export interface RequestLogin {
  channel: "Amazon";
  topic: "Agent";
  subtopic: "Login";
  source: Identifier;
  /**
   * The client's request id and idempotency key.
   */
  id?: Identifier | null;
  /**
   * The contact that is meant.
   */
  contactId?: Identifier | null;
  /**
   * For whom a supervisor or service acts.
   */
  agent?: Identifier | null;
}
/**
 * Agent / Logout: Logs the agent out.
 */
export interface RequestLogout {
  channel: "Amazon";
  topic: "Agent";
  subtopic: "Logout";
  source: Identifier;
  /**
   * The client's request id and idempotency key.
   */
  id?: Identifier | null;
  /**
   * The contact that is meant.
   */
  contactId?: Identifier | null;
  /**
   * For whom a supervisor or service acts.
   */
  agent?: Identifier | null;
}
/**
 * InboundCall / SetMakeCall: Dials a call.
 */
export interface RequestMakeCall {
  channel: "Amazon";
  topic: "InboundCall";
  subtopic: "SetMakeCall";
  source: Identifier;
  data: Destination;
  /**
   * The client's request id and idempotency key.
   */
  id?: Identifier | null;
  /**
   * The contact that is meant.
   */
  contactId?: Identifier | null;
  /**
   * For whom a supervisor or service acts.
   */
  agent?: Identifier | null;
}
/**
 * InboundCall / MoveContact: A supervisor or a service moves a customer who waits in a queue to another one.
 */
export interface RequestMoveContact {
  channel: "Amazon";
  topic: "InboundCall";
  subtopic: "MoveContact";
  source: Identifier;
  data: {
    /**
     * Of the customer; here or in the envelope.
     */
    contactId?: Identifier | null;
    /**
     * Where a call goes: a phone number, or a quick connect.
     */
    destination: TypedNumber | QuickConnect;
  };
  /**
   * The client's request id and idempotency key.
   */
  id?: Identifier | null;
  /**
   * The contact that is meant.
   */
  contactId?: Identifier | null;
  /**
   * For whom a supervisor or service acts.
   */
  agent?: Identifier | null;
}
/**
 * Agent / Mute: Mutes the agent's microphone.
 */
export interface RequestMute {
  channel: "Amazon";
  topic: "Agent";
  subtopic: "Mute";
  source: Identifier;
  /**
   * The client's request id and idempotency key.
   */
  id?: Identifier | null;
  /**
   * The contact that is meant.
   */
  contactId?: Identifier | null;
  /**
   * For whom a supervisor or service acts.
   */
  agent?: Identifier | null;
}
/**
 * InboundCall / Reject: Rejects the call that is offered.
 */
export interface RequestReject {
  channel: "Amazon";
  topic: "InboundCall";
  subtopic: "Reject";
  source: Identifier;
  /**
   * A connection or contact id; the same as contactId where both are given.
   */
  data?: string | {} | null;
  /**
   * The client's request id and idempotency key.
   */
  id?: Identifier | null;
  /**
   * The contact that is meant.
   */
  contactId?: Identifier | null;
  /**
   * For whom a supervisor or service acts.
   */
  agent?: Identifier | null;
}
/**
 * InboundCall / Resume: Takes the customer off hold.
 */
export interface RequestResume {
  channel: "Amazon";
  topic: "InboundCall";
  subtopic: "Resume";
  source: Identifier;
  /**
   * A connection or contact id; the same as contactId where both are given.
   */
  data?: string | {} | null;
  /**
   * The client's request id and idempotency key.
   */
  id?: Identifier | null;
  /**
   * The contact that is meant.
   */
  contactId?: Identifier | null;
  /**
   * For whom a supervisor or service acts.
   */
  agent?: Identifier | null;
}
/**
 * InboundCall / SendDTMF: Sends digits to the customer.
 */
export interface RequestSendDtmf {
  channel: "Amazon";
  topic: "InboundCall";
  subtopic: "SendDTMF";
  source: Identifier;
  data: string;
  /**
   * The client's request id and idempotency key.
   */
  id?: Identifier | null;
  /**
   * The contact that is meant.
   */
  contactId?: Identifier | null;
  /**
   * For whom a supervisor or service acts.
   */
  agent?: Identifier | null;
}
/**
 * Agent / SetNotReady: Chooses a not-ready state by its code.
 */
export interface RequestSetNotReady {
  channel: "Amazon";
  topic: "Agent";
  subtopic: "SetNotReady";
  source: Identifier;
  data: {
    ReasonCodeId: Identifier;
  };
  /**
   * The client's request id and idempotency key.
   */
  id?: Identifier | null;
  /**
   * The contact that is meant.
   */
  contactId?: Identifier | null;
  /**
   * For whom a supervisor or service acts.
   */
  agent?: Identifier | null;
}
/**
 * Agent / Unmute: Unmutes the agent's microphone.
 */
export interface RequestUnmute {
  channel: "Amazon";
  topic: "Agent";
  subtopic: "Unmute";
  source: Identifier;
  /**
   * The client's request id and idempotency key.
   */
  id?: Identifier | null;
  /**
   * The contact that is meant.
   */
  contactId?: Identifier | null;
  /**
   * For whom a supervisor or service acts.
   */
  agent?: Identifier | null;
}
/**
 * Agent / UpdateState: Chooses a state of GetStates.
 */
export interface RequestUpdateState {
  channel: "Amazon";
  topic: "Agent";
  subtopic: "UpdateState" | "Update";
  source: Identifier;
  data: (
    | {
        label: Identifier;
      }
    | {
        code: Identifier;
      }
  ) & {
    label?: string | null;
    code?: string | null;
    type?: "routable" | "not_routable" | "offline" | "" | null;
  };
  /**
   * The client's request id and idempotency key.
   */
  id?: Identifier | null;
  /**
   * The contact that is meant.
   */
  contactId?: Identifier | null;
  /**
   * For whom a supervisor or service acts.
   */
  agent?: Identifier | null;
}
/**
 * 202: the request is accepted
 */
export interface RestAccepted {
  id: string | null;
  accepted: true;
  transferId?: Uuid;
  sequence?: number;
}
/**
 * Agents
 */
export interface RestAgentList {
  items: {
    login: string;
    name: string;
    loggedIn: boolean;
    state: string;
    stateType: string;
    since: Timestamp | null;
    phoneReachable: boolean;
    contactId: Uuid | null;
  }[];
  nextCursor: NextCursor;
}
/**
 * A contact with its legs and transfers
 */
export interface RestContact {
  contactId: Uuid;
  direction: "inbound" | "outbound";
  customer: string | null;
  dialed: string | null;
  queueName: string | null;
  state: "queued" | "offered" | "active" | "ended";
  startedAt: Timestamp;
  endedAt: Timestamp | null;
  legs: {
    connectionId: Uuid;
    type: "agent" | "inbound" | "outbound";
    /**
     * Login or number.
     */
    party: string;
    startedAt: Timestamp;
    answeredAt: Timestamp | null;
    endedAt: Timestamp | null;
    /**
     * The SIP status that ended it, 0 for a normal end.
     */
    endCode: number;
    endText: string;
  }[];
  transfers: Uuid[];
  /**
   * To other queues, while the customer waited, by MoveContact.
   */
  moves: {
    at: Timestamp;
    /**
     * The queue's name.
     */
    from: string;
    /**
     * The queue's name.
     */
    to: string;
    /**
     * Login of who moved him.
     */
    by: string;
  }[];
}
/**
 * A directory import that was refused
 */
export interface RestDirectoryFaults {
  faults: {
    /**
     * A JSON pointer (RFC 6901).
     */
    place: string;
    msg: string;
  }[];
}
/**
 * A directory import that was taken
 */
export interface RestDirectory {
  version: number;
  /**
   * Accounts that have no password, neither a new one nor one of before: they can neither sign in nor register a phone.
   */
  withoutPassword: string[];
}
/**
 * An error: the error envelope's data
 */
export interface RestError {
  errorType: string;
  /**
   * For people: which field is wrong, what was seen and what is expected; or the back end's own text.
   */
  msg: string;
  /**
   * The fixed text of the errorType.
   */
  errorMessage: string;
  transferId?: Uuid;
  runningTransferId?: Uuid;
  contactId?: Uuid;
  reason?: Reason;
  stage?: TransferState;
  retryable?: boolean;
  /**
   * With rateLimited: when it may be tried again.
   */
  retryAfterSeconds?: number;
  customerLocation?: Custody;
  agentState?: string;
  suggestedAction?: string;
  backend?: BackendError;
}
/**
 * POST /v1/login
 */
export interface RestLoginRequest {
  login: string;
  password: string;
}
/**
 * Who signed in
 */
export interface RestLogin {
  login: string;
  role: "agent" | "supervisor" | "service";
}
/**
 * GET and PUT /v1/me/preferences: Whatever object the caller's pages keep for him. At most limits.preferences_bytes as JSON text.
 */
export interface RestPreferences {
  [k: string]: unknown;
}
/**
 * POST /v1/transfers/preflight, the body
 */
export interface RestPreflightRequest {
  destination: Destination;
  options?: TransferOptions;
  /**
   * Who would transfer. An agent asks for himself only; a service must name one.
   */
  agent?: string;
}
/**
 * POST /v1/transfers/preflight: 200: What a BlindTransfer to the destination would be answered with now. Nothing is dialled or counted.
 */
export interface RestPreflight {
  allowed: boolean;
  /**
   * Null where it was not found.
   */
  destination: DestinationView | null;
  /**
   * What is known of the number that would be dialled; null for queues and agents.
   */
  number: {
    phoneNumber: E164;
    possible: boolean;
    /**
     * ISO 3166-1 alpha-2; 001: a range of no country; ZZ: in no country's plan.
     */
    country: string;
    class:
      | "unknown"
      | "fixed_line"
      | "mobile"
      | "fixed_line_or_mobile"
      | "toll_free"
      | "premium_rate"
      | "shared_cost"
      | "voip"
      | "personal"
      | "pager"
      | "company"
      | "voicemail"
      | "satellite";
  } | null;
  /**
   * Why not; null when allowed.
   */
  error: ErrorData | null;
}
/**
 * Queues
 */
export interface RestQueueList {
  items: QueueState[];
  nextCursor: NextCursor;
}
/**
 * Quick connects that the caller may use
 */
export interface RestQuickConnectList {
  items: {
    endpointARN: string;
    endpointId: string;
    type: "phone_number" | "queue" | "agent";
    name: string;
    phoneNumber: string | null;
    agentLogin: string | null;
    queue: string | null;
    /**
     * Whether it could take a call at asOf.
     */
    available: boolean;
    /**
     * null where it is available.
     */
    unavailableReason: Reason | null;
    asOf: Timestamp;
    /**
     * A queue: how many wait.
     */
    waiting?: number;
    /**
     * A queue.
     */
    agentsAvailable?: number;
    /**
     * A queue. It is left out until a first customer was taken out of it.
     */
    estimatedWaitSeconds?: number;
    /**
     * An agent.
     */
    agentState?: string | null;
  }[];
  nextCursor: NextCursor;
}
/**
 * Statistics of transfers: Of the transfers that were accepted from `from` until before `to`.
 */
export interface RestStatistics {
  from: Timestamp;
  to: Timestamp;
  bucketSeconds: number;
  total: RestStatisticsCounts;
  /**
   * Those with a transfer in them, the earliest first.
   */
  buckets: {
    /**
     * RFC 3339, UTC, with milliseconds.
     */
    at: string;
    /**
     * The sum of the others.
     */
    accepted: number;
    /**
     * The destination had the customer, also where that call has ended since.
     */
    connected: number;
    /**
     * The primary agent had him again, since nobody answered.
     */
    returned: number;
    /**
     * The primary agent took him back.
     */
    canceled: number;
    failed: number;
    /**
     * The customer hung up first.
     */
    abandoned: number;
    handedOver: number;
    /**
     * No outcome yet.
     */
    open: number;
  }[];
  /**
   * Outcomes that have a reason, the most frequent first.
   */
  reasons: {
    outcome: "connected" | "returned" | "canceled" | "failed" | "abandoned" | "handedOver";
    reason: Reason;
    count: number;
  }[];
  /**
   * Of the connected ones: from acceptedAt to outcomeAt. That it was a human is certain only where an agent answered (connectedToAgent); the others count alike.
   */
  timeToHuman: {
    count: number;
    /**
     * The upper bounds, each included.
     */
    upToSeconds: number[];
    /**
     * How many took so long, and longer than the bound before; one more than the bounds: the last took longer than all.
     */
    counts: number[];
    /**
     * Half of them took no longer; null where count is 0.
     */
    medianSeconds: number | null;
    /**
     * Nine of ten took no longer; null where count is 0.
     */
    p90Seconds: number | null;
  };
  /**
   * From where to where, the most frequent first; at most 100.
   */
  flows: {
    /**
     * The queue that the customer had called; null: none, or it is not recorded.
     */
    from: string | null;
    /**
     * The destination's name.
     */
    to: string;
    toKind: "queue" | "agent" | "phone_number" | "dial_pad";
    count: number;
  }[];
  /**
   * Outcome `returned`.
   */
  bounceBacks: number;
  /**
   * Only with `by`; the most transfers first, at most 1,000.
   */
  groups?: {
    /**
     * by=agent: login of the primary agent; by=queue: the queue that the customer had called, null as in flows; by=kind: queue, agent, phone_number, dial_pad.
     */
    name: string | null;
    /**
     * The sum of the others.
     */
    accepted: number;
    /**
     * The destination had the customer, also where that call has ended since.
     */
    connected: number;
    /**
     * The primary agent had him again, since nobody answered.
     */
    returned: number;
    /**
     * The primary agent took him back.
     */
    canceled: number;
    failed: number;
    /**
     * The customer hung up first.
     */
    abandoned: number;
    handedOver: number;
    /**
     * No outcome yet.
     */
    open: number;
  }[];
}
/**
 * How many transfers, by outcome.
 */
export interface RestStatisticsCounts {
  /**
   * The sum of the others.
   */
  accepted: number;
  /**
   * The destination had the customer, also where that call has ended since.
   */
  connected: number;
  /**
   * The primary agent had him again, since nobody answered.
   */
  returned: number;
  /**
   * The primary agent took him back.
   */
  canceled: number;
  failed: number;
  /**
   * The customer hung up first.
   */
  abandoned: number;
  handedOver: number;
  /**
   * No outcome yet.
   */
  open: number;
}
/**
 * Transfers
 */
export interface RestTransferList {
  items: RestTransfer[];
  nextCursor: NextCursor;
}
/**
 * A transfer
 */
export interface RestTransfer {
  transferId: Uuid;
  contactId: Uuid;
  state: TransferState;
  custody: Custody;
  destination: DestinationView;
  options: OptionsInForce;
  at: Timestamp;
  reason?: Reason;
  /**
   * Login or number of who answered.
   */
  connectedTo?: string;
  /**
   * True where it is certain that a human answered.
   */
  connectedToAgent?: boolean;
  position?: number;
  /**
   * It is left out until a first customer was taken out of the queue.
   */
  estimatedWaitSeconds?: number;
  queueName?: string;
  backend?: BackendError;
  /**
   * Login of the primary agent.
   */
  agent: string;
  /**
   * The id of the request.
   */
  id: string | null;
  /**
   * Name of the queue that the customer had called; null where he had called none. Records of before this was kept lack it.
   */
  calledQueue?: string | null;
  acceptedAt: Timestamp;
  releasedAt: Timestamp | null;
  outcomeAt: Timestamp | null;
}
/**
 * A transfer's steps
 */
export interface RestTransferTimeline {
  transferId: Uuid;
  contactId: Uuid;
  items: {
    at: Timestamp;
    state: TransferState;
    custody: Custody;
    reason?: Reason;
    detail: string;
  }[];
  nextCursor: NextCursor;
}
/**
 * Customers who wait
 */
export interface RestWaitingList {
  items: {
    contactId: Uuid;
    queueArn: string;
    /**
     * null where the directory has the queue no more.
     */
    queueName: string | null;
    /**
     * RFC 3339, UTC, with milliseconds.
     */
    since: string;
    /**
     * In his queue.
     */
    position: number;
    /**
     * His number.
     */
    customer: string | null;
    /**
     * The transfer that runs.
     */
    transferId: Uuid | null;
    /**
     * Login of the agent who is being offered the call.
     */
    offeredTo: string | null;
  }[];
  nextCursor: NextCursor;
}
/**
 * A ticket for one WebSocket
 */
export interface RestWsTicket {
  ticket: string;
  expiresInSeconds: number;
}
