import { BatonError, type Preferences } from "@baton/client";
import { serverTime } from "@baton/shared/clock.ts";
import { signal } from "@preact/signals";
import { changed, forServer, type Kept, type Kind, merge, NOTHING, parse } from "./kept.ts";
import { storage } from "./storage.ts";

/** How long a change waits for the next one, so that a note is not sent at each stroke. */
const PAUSE_MS = 400;
/** The desktop's part of what the server keeps; what else is there belongs to other pages. */
const PART = "desktop";

/** Where it is kept: the client. */
export interface Server {
  preferences: () => Promise<Preferences>;
  keepPreferences: (kept: Preferences) => Promise<unknown>;
}

/**
 * Keeps an agent's favourites, recent destinations and notes with the server, so that they are there in another browser.
 * The browser's own storage has them at once, and all of them while the server cannot be reached.
 */
export class Keeper {
  readonly kept = signal<Kept>(NOTHING);
  private login: string | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running = false;
  private again = false;

  constructor(private readonly server: Server) {}

  /** From now on it is this agent's. */
  open(login: string): void {
    this.login = login;
    this.kept.value = parse(storage.kept(login));
  }

  close(): void {
    clearTimeout(this.timer);
    this.login = undefined;
    this.kept.value = NOTHING;
  }

  set(kind: Kind, id: string, value: string | boolean): void {
    if (this.login === undefined) return;
    this.take(changed(this.kept.value, kind, id, value, serverTime()));
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.sync(), PAUSE_MS);
  }

  /** Another tab of this browser has written. */
  readStored(): void {
    if (this.login !== undefined)
      this.kept.value = merge(this.kept.value, parse(storage.kept(this.login)));
  }

  /**
   * Puts together what is here and what the server has, and tells it what it did not know. Two browsers that do so in the
   * same instant may overwrite each other there; neither loses anything, and each says it again the next time.
   * While the server cannot be reached nothing happens: this is called again with the next connection.
   */
  async sync(): Promise<void> {
    this.again = true;
    if (this.running) return;
    this.running = true;
    try {
      while (this.again) {
        this.again = false;
        await this.once();
      }
    } catch {
      // It stays in the browser until the next time.
    } finally {
      this.running = false;
    }
  }

  private async once(): Promise<void> {
    const { login } = this;
    if (login === undefined) return;
    const found = await this.server.preferences();
    if (login !== this.login) return;
    const there = parse(found[PART]);
    this.take(there);
    const wanted = forServer(this.kept.value);
    if (JSON.stringify(wanted) === JSON.stringify(forServer(there))) return;
    try {
      await this.server.keepPreferences({ ...found, [PART]: wanted });
    } catch (error) {
      if (!(error instanceof BatonError && error.status === 413)) throw error;
      // Notes take the most room, and are the soonest of no use.
      await this.server.keepPreferences({
        ...found,
        [PART]: { ...wanted, notes: [], transferNotes: [] },
      });
    }
  }

  private take(kept: Kept): void {
    if (this.login === undefined) return;
    // Another tab may have written since.
    this.kept.value = merge(merge(this.kept.value, kept), parse(storage.kept(this.login)));
    storage.setKept(this.login, this.kept.value);
  }
}
