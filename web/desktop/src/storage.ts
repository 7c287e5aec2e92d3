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

  /** The agent's own note on a contact; the newest fifty are kept. */
  note: (contactId: string): string =>
    read<[string, string][]>("notes", []).find(([id]) => id === contactId)?.[1] ?? "",
  setNote(contactId: string, text: string): void {
    const others = read<[string, string][]>("notes", []).filter(([id]) => id !== contactId);
    write("notes", text === "" ? others : [[contactId, text], ...others].slice(0, NOTES));
  },
};
