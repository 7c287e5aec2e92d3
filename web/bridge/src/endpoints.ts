/// <reference types="amazon-connect-streams" />
import type { EndpointsPart } from "./messages.ts";

/** The list is asked for again after so long: quick connects are added to queues while agents work. */
const REFRESH_MS = 300_000;
/** Not more often than this, however often Baton asks. */
const LEAST_MS = 5_000;
/** Baton takes so many in a message, and so many in all. */
const PART = 200;
const MOST = 4_000;
/** A longer one is none of Amazon Connect's. */
const MOST_ARN = 512;

/**
 * Tells Baton which destinations the agent's session lists: the quick connects of his queues, as the CCP's own panel shows
 * them. The list is sent once, and again when it has changed; a new lease says by its digest which one Baton has.
 */
export class EndpointList {
  private askedAt = -Infinity;
  private asked = 0;
  private queues = "";
  private wanted = false;
  /** Of the list that Baton had when the lease began; empty: none. */
  private digestThere = "";
  /** The list that was told under this lease; null: that it is not known. */
  private told: string | null | undefined;

  /** @param send a part of the list, under the lease that holds then */
  constructor(private readonly send: (part: EndpointsPart) => void) {}

  /** A lease begins. `digest` is of the list that Baton has. */
  lease(digest: string | undefined): void {
    this.digestThere = digest ?? "";
    this.told = undefined;
    this.askedAt = -Infinity;
  }

  /** Baton wants to know whether it has changed. */
  want(): void {
    this.wanted = true;
  }

  /** Asks the library where it is time to. Called every second while this tab acts. */
  look(agent: connect.Agent): void {
    try {
      const queues = queuesOf(agent);
      // By a clock that nobody sets: else a PC's clock that is put back would make this wait for as long.
      const since = performance.now() - this.askedAt;
      const changed = queues.join() !== this.queues;
      if (!changed && since < (this.wanted ? LEAST_MS : REFRESH_MS)) return;
      this.queues = queues.join();
      this.askedAt = performance.now();
      this.wanted = false;
      // Of two answers the one to the later question counts, whichever comes last.
      const asked = ++this.asked;
      agent.getEndpoints(queues, {
        success: ({ endpoints }) => {
          if (asked === this.asked) void this.tell(endpoints);
        },
        failure: () => {
          if (asked === this.asked) this.unknown();
        },
      });
    } catch {
      this.unknown();
    }
  }

  private async tell(endpoints: connect.Endpoint[]): Promise<void> {
    const all = endpoints.map((each) => each.endpointARN || each.endpointId);
    const arns = [...new Set(all)].filter((arn) => arn && arn.length <= MOST_ARN).sort();
    if (arns.length > MOST) {
      this.unknown();
      return;
    }
    const asked = this.asked;
    const text = arns.join("\n");
    const digest = await digestOf(text);
    if (asked !== this.asked || text === this.told) return;
    const there = this.told === undefined && digest !== "" && digest === this.digestThere;
    this.told = text;
    if (there) return;
    for (let part = 0; part === 0 || part * PART < arns.length; ++part) {
      const more = (part + 1) * PART < arns.length;
      this.send({ digest, part, more, arns: arns.slice(part * PART, (part + 1) * PART) });
    }
  }

  /** The library does not tell: Baton must not go by what it told before. */
  private unknown(): void {
    const there = this.told === undefined ? this.digestThere !== "" : this.told !== null;
    this.told = null;
    if (there) this.send({ digest: "", part: 0, more: false, arns: null });
  }
}

/** As the CCP's panel asks: all queues of the routing profile, and the one of calls out. */
function queuesOf(agent: connect.Agent): string[] {
  const outbound = agent.getRoutingProfile().defaultOutboundQueue?.queueARN;
  return [...new Set([...agent.getAllQueueARNs(), ...(outbound ? [outbound] : [])])].sort();
}

/** Empty where the page has no such thing, as over plain HTTP: then each lease sends the list. */
async function digestOf(text: string): Promise<string> {
  const hash = await globalThis.crypto?.subtle?.digest("SHA-256", new TextEncoder().encode(text));
  if (!hash) return "";
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
