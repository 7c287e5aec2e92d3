/** What of `Storage` is used: it is the tab's own, and outlives a reload of the page. */
export type TabStorage = Pick<Storage, "getItem" | "setItem">;

const DONE = "baton.bridge.done";
const TAB = "baton.bridge.tab";
const KEPT = 200;

/**
 * The commands that this tab has handed to the library. They are remembered before that, so that a page that is loaded
 * again repeats nothing, whatever it missed.
 */
export class Memory {
  private readonly done: string[];

  constructor(private readonly storage: TabStorage) {
    this.done = this.read();
  }

  /** False where it was handed over before. */
  enter(command: number, at: string): boolean {
    const key = `${command}@${at}`;
    if (this.done.includes(key)) return false;
    this.done.push(key);
    if (this.done.length > KEPT) this.done.shift();
    this.storage.setItem(DONE, JSON.stringify(this.done));
    return true;
  }

  private read(): string[] {
    try {
      const kept: unknown = JSON.parse(this.storage.getItem(DONE) ?? "[]");
      return Array.isArray(kept) ? kept.filter((key) => typeof key === "string") : [];
    } catch {
      return [];
    }
  }
}

/** What of the Web Locks is used. */
export interface Locks {
  request(
    name: string,
    options: { ifAvailable: true },
    callback: (lock: unknown) => Promise<void> | void,
  ): Promise<unknown>;
}

const forEver = new Promise<void>(() => undefined);

/**
 * The name of this tab: the same after a reload, and no other tab's. A tab that was duplicated has the first one's
 * storage; a lock, which the page holds as long as it lives, tells them apart.
 */
export async function tabName(storage: TabStorage, locks: Locks | undefined): Promise<string> {
  const kept = storage.getItem(TAB);
  if (kept && (await hold(kept, locks))) return kept;
  const fresh = Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
  storage.setItem(TAB, fresh);
  await hold(fresh, locks);
  return fresh;
}

function hold(tab: string, locks: Locks | undefined): Promise<boolean> {
  if (!locks) return Promise.resolve(true);
  return new Promise((resolve) => {
    locks
      .request(`baton.bridge.${tab}`, { ifAvailable: true }, (lock) => {
        resolve(lock !== null);
        return lock === null ? undefined : forEver;
      })
      .catch(() => resolve(true));
  });
}
