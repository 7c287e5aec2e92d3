/** What the page asks of Baton (docs/message-api.md), and how it learns what came of it. */

import { capital } from "@baton/shared/capital.ts";
import type { BatonEvent } from "./state.ts";

/** A request's envelope, without what is the same in each. */
export interface Request {
  topic: "Agent" | "InboundCall";
  subtopic: string;
  data?: unknown;
  contactId?: string;
  options?: { releaseOn: "answered" };
  /** Baton's idempotency key: the same one with the same content is done once. */
  id: string;
}

/** The `data` of Baton's error, and the HTTP status that it came with; null: by an event, after it was accepted. */
export class BatonRefusal extends Error {
  constructor(
    readonly status: number | null,
    readonly errorType: string,
    readonly msg: string,
    readonly reason: string | null,
  ) {
    super(msg);
    this.name = "BatonRefusal";
  }
}

/** What is shown of a failure. */
export const said = (error: unknown): string =>
  error instanceof BatonRefusal ? capital(error.msg) : String(error);

export interface Baton {
  /** Sends a request. Settles when Baton has taken it, or rejects with a BatonRefusal. */
  send(request: Request): Promise<void>;
  /** GET of a path of the API. Rejects with a BatonRefusal. */
  read<T>(path: string): Promise<T>;
  /** What a BlindTransfer to `destination` would be refused for now, or null. */
  preflight(destination: unknown): Promise<BatonRefusal | null>;
  /** Calls `listener` for each event, until what it gives back is called. */
  onEvent(listener: (event: BatonEvent) => void): () => void;
}

/** How long a phone may take to be held, resumed or muted: longer than a SIP transaction (RFC 3261: 32 s). */
export const OUTCOME_MS = 35_000;

/**
 * Sends a request that a phone has to carry out, and waits for what came of it: the event that carries its id. Rejects
 * with a BatonRefusal where that is an error, or where nothing comes within OUTCOME_MS.
 */
export async function outcomeOf(
  baton: Baton,
  request: Request,
  within = OUTCOME_MS,
): Promise<void> {
  let end = (): void => undefined;
  const outcome = new Promise<void>((resolve, reject) => {
    const stop = baton.onEvent((event) => {
      if (event.id !== request.id) return;
      if (event.topic !== "Error") return resolve();
      const { errorType, msg, reason } = event.data as {
        errorType: string;
        msg: string;
        reason?: string;
      };
      reject(new BatonRefusal(null, errorType, msg, reason ?? null));
    });
    const timer = setTimeout(() => {
      const seconds = Math.round(within / 1000);
      reject(
        new BatonRefusal(
          null,
          "",
          `${request.subtopic}: no outcome within ${seconds} s`,
          "timeout",
        ),
      );
    }, within);
    end = () => {
      clearTimeout(timer);
      stop();
    };
  });
  outcome.catch(() => undefined); // A refusal by send() may leave nobody to look at it.
  try {
    await baton.send(request);
    await outcome;
  } finally {
    end();
  }
}
