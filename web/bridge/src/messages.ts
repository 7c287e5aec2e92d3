import type { EventOf } from "@baton/client";

/** What the bridge and Baton tell each other: the topic Bridge of docs/amazon-connect.md. */

/** A connection (leg) of a contact, in the library's words. */
export interface ConnectionDigest {
  connectionId: string;
  type: string;
  state: string;
  /** The customer's. */
  initial: boolean;
  phoneNumber: string | null;
  quickConnect: string | null;
}

export interface ContactDigest {
  contactId: string;
  type: string;
  state: string;
  queueARN: string | null;
  queueName: string | null;
  connections: ConnectionDigest[];
}

/** What the agent's session shows now. */
export interface Digest {
  /** False: the frame of the CCP has been silent for some seconds, so that the rest may be old. */
  alive: boolean;
  /** When the service made it, in Unix milliseconds by its clock; null: the library does not tell. */
  takenAtMs: number | null;
  agent: { state: string; type: string; muted: boolean };
  contacts: ContactDigest[];
}

/** What the agent's session lists as destinations, or a part of that. */
export interface EndpointsPart {
  /** Of the whole list; empty: none. */
  digest: string;
  /** Counted from 0. */
  part: number;
  /** Another part follows. */
  more: boolean;
  /** Null: the library does not tell. */
  arns: string[] | null;
}

/** Who reports. */
export interface Hello {
  tab: string;
  instance: string;
  agentArn: string | null;
  username: string | null;
  library: string;
  /** It has a client of the SDK, and carries out coldTransfer. */
  coldTransfer: boolean;
}

/** What the bridge is to ask the library for. */
export type Command = EventOf<"Bridge/Command">["message"];
export type Action = Command["action"];

/** Why the library, or the bridge, did not do it. */
export interface Failure {
  /** The exception's name; empty: it had none. */
  name: string;
  message: string;
  /** The HTTP status behind it; 0: not told. */
  status: number;
}

/** What the library called back with. */
export type Outcome = { ok: true } | { ok: false; error: Failure };
