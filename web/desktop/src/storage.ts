import { read, write } from "@baton/shared/storage.ts";

/** What a browser keeps for one agent: favourites, notes, his choices. */

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
};
