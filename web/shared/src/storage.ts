import type { SignedIn } from "@baton/client";

/** What a browser keeps for all pages of a server. Without storage nothing is kept, and nothing fails. */

export function read<T>(key: string, otherwise: T): T {
  try {
    const text = localStorage.getItem(`baton.${key}`);
    return text === null ? otherwise : (JSON.parse(text) as T);
  } catch {
    return otherwise;
  }
}

export function write(key: string, value: unknown): void {
  try {
    localStorage.setItem(`baton.${key}`, JSON.stringify(value));
  } catch {
    // Full, or forbidden.
  }
}

export const storage = {
  language: (): string | null => read<string | null>("language", null),
  setLanguage: (value: string): void => write("language", value),

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
