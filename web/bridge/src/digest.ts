/// <reference types="amazon-connect-streams" />
import type { ConnectionDigest, ContactDigest, Digest } from "./messages.ts";

/** What `read` gives, or undefined where the library throws: handles of what is over do. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** What the library's types leave out of a voice connection. */
interface WithQuickConnect {
  getQuickConnectName?: () => string | null;
}

function connectionOf(connection: connect.BaseConnection): ConnectionDigest {
  const endpoint = attempt(() => connection.getEndpoint());
  const quickConnect = attempt(() => (connection as WithQuickConnect).getQuickConnectName?.());
  return {
    connectionId: connection.getConnectionId(),
    type: String(connection.getType()),
    state: String(connection.getState().type),
    initial: connection.isInitialConnection(),
    phoneNumber: endpoint?.phoneNumber ? withoutScheme(endpoint.phoneNumber) : null,
    quickConnect: quickConnect || null,
  };
}

/** The library's own data, which its types leave out. */
interface WithData {
  _getData?: () => { snapshot?: { snapshotTimestamp?: Date | string | number | null } };
}

/** The service's own time of what the library shows. A text or a number where the frame has passed it on as JSON. */
function takenAt(agent: connect.Agent): number | null {
  const told = attempt(
    () => (agent as unknown as WithData)._getData?.().snapshot?.snapshotTimestamp,
  );
  const at = told == null ? NaN : new Date(told).getTime();
  return Number.isFinite(at) && at > 0 ? at : null;
}

/** "sip:+12082097345@lily-outbound" is "+12082097345". */
function withoutScheme(number: string): string {
  return /^sips?:([^@;]+)/.exec(number)?.[1] ?? number;
}

function contactOf(contact: connect.Contact): ContactDigest {
  const queue = attempt(() => contact.getQueue());
  return {
    contactId: contact.getContactId(),
    type: String(contact.getType()),
    state: String(contact.getState().type),
    queueARN: queue?.queueARN ?? null,
    queueName: queue?.name ?? null,
    connections: contact.getConnections().map(connectionOf),
  };
}

/** Calls of the agent: a queued callback is one, although its type has another name. */
export function isVoice(contact: connect.Contact): boolean {
  const type = String(contact.getType());
  return type === "voice" || type === "queue_callback";
}

/**
 * What the library shows now. Undefined where it throws, as for a contact that vanishes while it is read: Baton would take
 * one that is left out for one that has ended.
 *
 * @param muted what the library told last; it has no way to ask
 * @param alive whether the frame of the CCP answers
 */
export function digestOf(agent: connect.Agent, muted: boolean, alive: boolean): Digest | undefined {
  return attempt(() => {
    const state = agent.getState();
    const contacts = agent.getContacts().filter(isVoice).map(contactOf);
    return {
      alive,
      takenAtMs: takenAt(agent),
      agent: { state: state.name, type: String(state.type), muted },
      contacts,
    };
  });
}
