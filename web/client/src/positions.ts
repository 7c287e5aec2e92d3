import type { ServerEvent } from "./messages.ts";

/** Where a client stands: what it shows the server to get what it missed. Plain values, fit to be kept. */
export interface Position {
  epoch: string;
  /** The last sequence number seen, by the agent's login. */
  sequences: Record<string, number>;
}

/** What to do with an event that came. */
export type Verdict = "new" | "seen" | "gap";

const SYNC = "StateSync";
const LAST_OF_SYNCS = "InboundCall";

/** Counts the events of each agent, so that none is missed and none counts twice. */
export class Positions {
  private epoch: string;
  private sequences: Map<string, number>;

  constructor(from?: Position) {
    this.epoch = from?.epoch ?? "";
    this.sequences = new Map(Object.entries(from?.sequences ?? {}));
  }

  /** Takes an event's number. After a `gap` nothing is changed: connect again to get what is missing. */
  take(event: ServerEvent): Verdict {
    if (event.sequence === undefined || event.agent === undefined) return "new";
    const sync = event.subtopic === SYNC;
    // The whole state comes in three syncs: who lost the connection before the last has it not, and must ask anew.
    if (sync && event.topic !== LAST_OF_SYNCS) return "new";
    if (event.epoch !== undefined && event.epoch !== this.epoch) {
      // The store is a new one: what was counted means nothing there.
      this.epoch = event.epoch;
      this.sequences.clear();
    }
    const last = this.sequences.get(event.agent);
    if (!sync && last !== undefined) {
      if (event.sequence <= last) return "seen";
      if (event.sequence > last + 1) return "gap";
    }
    this.sequences.set(event.agent, event.sequence);
    return "new";
  }

  /** Counts anew: what comes next is another caller's, or the whole state again. */
  forget(): void {
    this.epoch = "";
    this.sequences.clear();
  }

  /**
   * The query of the WebSocket's address that asks for what was missed, or else for the state as it is now. For `"*"`
   * nothing missed is told again, so it counts anew: else the first gap would be one for ever.
   *
   * @param follow whom a supervisor or service follows; nothing: the caller himself
   */
  query(follow?: readonly string[] | "*"): string {
    const query = new URLSearchParams();
    if (follow === "*") {
      this.sequences.clear();
      query.set("agents", "*");
      return `?${query}`;
    }
    const several = follow !== undefined && follow.length > 0;
    if (several) query.set("agents", follow.join(","));
    const places = several
      ? // Whoever is not named is told as a whole: 0 could be answered by all his events, which are no state.
        follow.flatMap((login) => {
          const last = this.sequences.get(login);
          return last === undefined ? [] : [`${login}:${last}`];
        })
      : [...this.sequences.values()].slice(0, 1);
    // An epoch that never was makes the server tell the whole state.
    query.set("epoch", (places.length > 0 && this.epoch) || "none");
    query.set("after", places.join(",") || "0");
    return `?${query}`;
  }

  value(): Position {
    return { epoch: this.epoch, sequences: Object.fromEntries(this.sequences) };
  }
}
