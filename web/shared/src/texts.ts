import type { Reason } from "@baton/client";
import { signal } from "@preact/signals";

/** The texts that every page has. `{name}` is replaced; another language is one more table. */
const en = {
  title: "Baton",
  login: "Login",
  password: "Password",
  signIn: "Sign in",
  signOut: "Sign out",
  signingIn: "Signing in…",
  signInWrong: "Login or password is wrong, or the account is disabled.",
  signInLater: "Too many tries. Try again in {seconds} s.",
  unreachable: "The server does not answer. Try again in a moment.",
  stillSignedIn: "The server does not answer: you are still signed in. Try again in a moment.",
  signedOut: "The server ended your session. Sign in again.",
  nameOffered: "Call offered",
  nameBusy: "In a call",
  nameAfterCall: "After-call work",
  nameMissed: "Missed call",
  nameFailed: "Call not taken",
  nameUnreached: "Not reached",
  offline: "No connection. What you see may be old; it comes back by itself.",
  queues: "Queues",
  queue: "Queue",
  waiting: "Waiting",
  agentsFree: "Agents free",
  longestWait: "Longest wait",
  closed: "closed",
  unknownCaller: "Unknown caller",
  close: "Close",
  agents: "Agents",
  language: "Language",
  // Reasons, as the end of "the transfer failed: …".
  reasonNoActiveCall: "there is no call to transfer",
  reasonCallNotOwned: "the call is not yours any more",
  reasonAmbiguousCall: "there is more than one call",
  reasonTransferInProgress: "another transfer of this call is running",
  reasonInvalidMessage: "the request was not understood",
  reasonInvalidDestination: "that is no number and no destination",
  reasonDestinationNotFound: "the destination does not exist any more",
  reasonDestinationNotPermitted: "you may not transfer there",
  reasonOptionNotSupported: "the telephone system cannot do that",
  reasonNotSupported: "that is not possible yet",
  reasonNumberNotPossible: "there is no such number",
  reasonCountryNotAllowed: "calls to this country are not allowed",
  reasonPremiumRateBlocked: "premium-rate numbers are not allowed",
  reasonQueueClosed: "the queue is closed",
  reasonQueueFull: "the queue is full",
  reasonNoAgentStaffed: "nobody works in this queue now",
  reasonAgentUnavailable: "the agent is not free",
  reasonBusy: "the line is busy",
  reasonRejected: "the call was refused",
  reasonNoAnswer: "no answer from {name}",
  reasonNumberNotFound: "nobody has this number",
  reasonCarrierUnavailable: "the carrier cannot take the call",
  reasonMediaNotAcceptable: "the two telephones do not understand each other",
  reasonCustomerHungUp: "the customer hung up",
  reasonCanceled: "it was called off",
  reasonBackendRefused: "the telephone system refused",
  reasonBackendUnavailable: "the telephone system does not answer",
  reasonTimeout: "it took too long",
  reasonIdempotencyConflict: "the request was used already",
  reasonRateLimited: "too many requests; wait a moment",
  reasonInternal: "a fault in the server",
  // What can be done about a reason.
  nextOther: "Try again later, or choose another destination.",
  nextQueue: "Choose another queue, or a number.",
  nextCheck: "Check the destination.",
  nextAsk: "Ask a supervisor for permission, or choose another destination.",
  nextAgain: "Try again in a moment.",
  nextSelect: "Select a call that you are talking on.",
  nextWait: "Wait for the running transfer, or cancel it.",
  nextTell: "Tell your administrator.",
} as const;

const de: Record<keyof typeof en, string> = {
  title: "Baton",
  login: "Benutzer",
  password: "Passwort",
  signIn: "Anmelden",
  signOut: "Abmelden",
  signingIn: "Anmeldung läuft…",
  signInWrong: "Benutzer oder Passwort ist falsch, oder das Konto ist gesperrt.",
  signInLater: "Zu viele Versuche. In {seconds} s noch einmal.",
  unreachable: "Der Server antwortet nicht. Gleich noch einmal versuchen.",
  stillSignedIn: "Der Server antwortet nicht: Sie sind noch angemeldet.",
  signedOut: "Der Server hat die Sitzung beendet. Bitte neu anmelden.",
  nameOffered: "Anruf kommt",
  nameBusy: "Im Gespräch",
  nameAfterCall: "Nachbearbeitung",
  nameMissed: "Verpasster Anruf",
  nameFailed: "Anruf nicht angenommen",
  nameUnreached: "Nicht erreicht",
  offline: "Keine Verbindung. Die Anzeige kann veraltet sein; sie kommt von selbst zurück.",
  queues: "Warteschlangen",
  queue: "Warteschlange",
  waiting: "Wartende",
  agentsFree: "Freie Agenten",
  longestWait: "Längste Wartezeit",
  closed: "geschlossen",
  unknownCaller: "Unbekannter Anrufer",
  close: "Schließen",
  agents: "Agenten",
  language: "Sprache",
  reasonNoActiveCall: "es gibt keinen Anruf",
  reasonCallNotOwned: "der Anruf gehört Ihnen nicht mehr",
  reasonAmbiguousCall: "es gibt mehr als einen Anruf",
  reasonTransferInProgress: "der Anruf wird schon weitergegeben",
  reasonInvalidMessage: "die Anfrage wurde nicht verstanden",
  reasonInvalidDestination: "das ist weder Nummer noch Ziel",
  reasonDestinationNotFound: "das Ziel gibt es nicht mehr",
  reasonDestinationNotPermitted: "dorthin dürfen Sie nicht weitergeben",
  reasonOptionNotSupported: "das kann die Telefonanlage nicht",
  reasonNotSupported: "das geht noch nicht",
  reasonNumberNotPossible: "diese Nummer kann es nicht geben",
  reasonCountryNotAllowed: "Anrufe in dieses Land sind nicht erlaubt",
  reasonPremiumRateBlocked: "teure Sondernummern sind nicht erlaubt",
  reasonQueueClosed: "die Warteschlange ist geschlossen",
  reasonQueueFull: "die Warteschlange ist voll",
  reasonNoAgentStaffed: "in dieser Warteschlange arbeitet gerade niemand",
  reasonAgentUnavailable: "der Agent ist nicht frei",
  reasonBusy: "es ist besetzt",
  reasonRejected: "der Anruf wurde abgelehnt",
  reasonNoAnswer: "{name} hat nicht angenommen",
  reasonNumberNotFound: "diese Nummer hat niemand",
  reasonCarrierUnavailable: "der Netzbetreiber kann den Anruf nicht annehmen",
  reasonMediaNotAcceptable: "die beiden Telefone verstehen einander nicht",
  reasonCustomerHungUp: "der Kunde hat aufgelegt",
  reasonCanceled: "die Weitergabe wurde abgebrochen",
  reasonBackendRefused: "die Telefonanlage hat abgelehnt",
  reasonBackendUnavailable: "die Telefonanlage antwortet nicht",
  reasonTimeout: "es hat zu lange gedauert",
  reasonIdempotencyConflict: "die Anfrage wurde schon verwendet",
  reasonRateLimited: "zu viele Anfragen; einen Augenblick warten",
  reasonInternal: "ein Fehler des Servers",
  nextOther: "Später noch einmal versuchen, oder ein anderes Ziel wählen.",
  nextQueue: "Eine andere Warteschlange wählen, oder eine Nummer.",
  nextCheck: "Das Ziel prüfen.",
  nextAsk: "Die Teamleitung um Erlaubnis bitten, oder ein anderes Ziel wählen.",
  nextAgain: "Gleich noch einmal versuchen.",
  nextSelect: "Einen Anruf wählen, in dem Sie gerade sprechen.",
  nextWait: "Auf die laufende Weitergabe warten, oder sie abbrechen.",
  nextTell: "Die Systemverwaltung verständigen.",
};

/** Spread into a page's own tables. */
export const common = { en, de };
export type Language = keyof typeof common;
export const LANGUAGES: Record<Language, string> = { en: "English", de: "Deutsch" };

/** The language in use. */
export const language = signal<Language>("en");

export type Values = Record<string, string | number>;

/** What looks a page's texts up, in the language in use. */
export interface Texts<Key extends string> {
  /** A text. Where its `count` is 1 and there is a text of its name and "One", that. */
  t(key: Key, values?: Values): string;
  /** A text whose key is made of a value of the server's, such as `reason` and "noAnswer"; the value itself if there is none. */
  tOf(prefix: string, value: string, values?: Values): string;
}

export function textsOf<Key extends string>(
  tables: Record<Language, Record<Key, string>>,
): Texts<Key> {
  const t = (key: Key, values: Values = {}): string => {
    const one = `${key}One`;
    const wanted = values.count === 1 && one in tables.en ? (one as Key) : key;
    return tables[language.value][wanted].replace(/\{(\w+)\}/g, (whole, name: string) =>
      String(values[name] ?? whole),
    );
  };
  const tOf = (prefix: string, value: string, values: Values = {}): string => {
    const key = prefix + value.charAt(0).toUpperCase() + value.slice(1);
    return key in tables.en ? t(key as Key, values) : value;
  };
  return { t, tOf };
}

export const { t, tOf } = textsOf(common);

/** The states that nobody chooses; those of the directory have the names that it gives them. */
const STATES: Record<string, keyof typeof en> = {
  PendingBusy: "nameOffered",
  Busy: "nameBusy",
  AfterCallWork: "nameAfterCall",
  MissedCallAgent: "nameMissed",
  FailedConnectAgent: "nameFailed",
  FailedConnectCustomer: "nameUnreached",
};
/** What an agent's state is called. */
export const agentStateName = (state: string): string => (STATES[state] ? t(STATES[state]) : state);

/** What can be done about each reason; null: nothing, it was meant so. The server suggests the same, in English alone. */
const NEXT: Record<Reason, keyof typeof en | null> = {
  busy: "nextOther",
  noAnswer: "nextOther",
  rejected: "nextOther",
  agentUnavailable: "nextOther",
  queueClosed: "nextQueue",
  queueFull: "nextQueue",
  noAgentStaffed: "nextQueue",
  numberNotFound: "nextCheck",
  invalidDestination: "nextCheck",
  destinationNotFound: "nextCheck",
  numberNotPossible: "nextCheck",
  destinationNotPermitted: "nextAsk",
  countryNotAllowed: "nextAsk",
  premiumRateBlocked: "nextAsk",
  carrierUnavailable: "nextAgain",
  backendUnavailable: "nextAgain",
  timeout: "nextAgain",
  rateLimited: "nextAgain",
  noActiveCall: "nextSelect",
  ambiguousCall: "nextSelect",
  callNotOwned: "nextSelect",
  transferInProgress: "nextWait",
  customerHungUp: null,
  canceled: null,
  backendRefused: "nextTell",
  idempotencyConflict: "nextTell",
  internal: "nextTell",
  invalidMessage: "nextTell",
  mediaNotAcceptable: "nextTell",
  notSupported: "nextTell",
  optionNotSupported: "nextTell",
};

/** What can be done about a reason, in words; of one that is newer than the page, what the server suggests. */
export function nextStep(reason: string | undefined, suggested = ""): string {
  const key = NEXT[reason as Reason];
  if (key === undefined) return suggested;
  return key === null ? "" : t(key);
}
