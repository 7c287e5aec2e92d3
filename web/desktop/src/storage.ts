import type { SignedIn } from "@baton/client";

/** What a browser keeps for one agent: favourites, notes, his choices. Without storage nothing is kept, and nothing fails. */

function read<T>(key: string, otherwise: T): T {
  try {
    const text = localStorage.getItem(`baton.${key}`);
    return text === null ? otherwise : (JSON.parse(text) as T);
  } catch {
    return otherwise;
  }
}

function write(key: string, value: unknown): void {
  try {
    localStorage.setItem(`baton.${key}`, JSON.stringify(value));
  } catch {
    // Full, or forbidden.
  }
}

/** A text for each contact; the newest fifty are kept. */
const textOf = (key: string, contactId: string): string =>
  read<[string, string][]>(key, []).find(([id]) => id === contactId)?.[1] ?? "";
function setTextOf(key: string, contactId: string, text: string): void {
  const others = read<[string, string][]>(key, []).filter(([id]) => id !== contactId);
  write(key, text === "" ? others : [[contactId, text], ...others].slice(0, NOTES));
}

const NOTES = 50;
const RECENT = 8;

export const storage = {
  language: (): string | null => read<string | null>("language", null),
  setLanguage: (value: string): void => write("language", value),
  shortcuts: (): boolean => read("shortcuts", true),
  setShortcuts: (on: boolean): void => write("shortcuts", on),

  favourites: (login: string): string[] => read(`favourites.${login}`, []),
  setFavourites: (login: string, keys: string[]): void => write(`favourites.${login}`, keys),
  recent: (login: string): string[] => read(`recent.${login}`, []),
  addRecent(login: string, key: string): string[] {
    const keys = [key, ...storage.recent(login).filter((one) => one !== key)].slice(0, RECENT);
    write(`recent.${login}`, keys);
    return keys;
  },

  /** The agent's own note on a contact. */
  note: (login: string, contactId: string): string => textOf(`notes.${login}`, contactId),
  setNote: (login: string, contactId: string, text: string): void =>
    setTextOf(`notes.${login}`, contactId, text),
  /** His note for the next agent, as far as he has written it. */
  transferNote: (login: string, contactId: string): string =>
    textOf(`transferNotes.${login}`, contactId),
  setTransferNote: (login: string, contactId: string, text: string): void =>
    setTextOf(`transferNotes.${login}`, contactId, text),

  /** Who is signed in by this browser's cookie, for all its tabs. */
  who: (): SignedIn | null => read<SignedIn | null>("who", null),
  setWho: (signed: SignedIn | null): void => write("who", signed),
  /** Calls `handler` when another tab signs in or out. */
  onOtherWho(handler: () => void): void {
    addEventListener("storage", ({ key, newValue, oldValue }) => {
      if (key === "baton.who" && newValue !== oldValue) handler();
    });
  },
};
