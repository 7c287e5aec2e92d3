/** Baton's HTTP API as the page in the frame uses it: under a path of its own, to which alone its cookie goes. */

import { BatonRefusal, type Request } from "./baton.ts";

/** Where the API stands for this page: the cookie's Path. */
export const BASE = "/ccp-v2";

interface ErrorBody {
  errorType?: string;
  msg?: string;
  reason?: string;
  data?: ErrorBody;
}

/** Where a request goes out; `fetch`, but for tests. */
export type Fetch = (path: string, init?: RequestInit) => Promise<Response>;

export class Api {
  readonly #fetch: Fetch;

  constructor(how: Fetch = (path, init) => fetch(path, init)) {
    this.#fetch = how;
  }

  /** A request of the message API. Rejects with a BatonRefusal where it is refused. */
  async send(request: Request): Promise<void> {
    await this.#post("/v1/messages", { channel: "Amazon", source: "ccp-v2", ...request });
  }

  async read<T>(path: string): Promise<T> {
    return (await this.#call(path)) as T;
  }

  /** The refusal that a BlindTransfer to `destination` would get now, or null. */
  async preflight(destination: unknown): Promise<BatonRefusal | null> {
    try {
      const { error } = (await this.#post("/v1/transfers/preflight", { destination })) as {
        error: ErrorBody | null;
      };
      return error ? refusalOf(null, error) : null;
    } catch (error) {
      // What cannot be read as a destination, and what nobody could use, is a refusal, too.
      if (
        error instanceof BatonRefusal &&
        error.status !== null &&
        error.status >= 400 &&
        error.status < 500
      )
        return error;
      throw error;
    }
  }

  /** A read request of the message API: the `message` of its reply. */
  async ask<T>(topic: string, subtopic: string): Promise<T> {
    const reply = await this.#post("/v1/messages", {
      channel: "Amazon",
      source: "ccp-v2",
      topic,
      subtopic,
    });
    return (reply as { message: T }).message;
  }

  /** The origins whose pages may embed this one, written as a browser tells them: "https://desk.example". */
  async embedders(): Promise<string[]> {
    const { origins } = await this.read<{ origins: string[] }>("/v1/embedders");
    // Who configured them may have written "https://Desk.example:443".
    return origins.map((each) => new URL(each).origin);
  }

  /** Proves who the agent is, and gets the ticket by which a frame gets a session of its own. */
  async signIn(login: string, password: string): Promise<string> {
    return ((await this.#post("/v1/login", { login, password })) as { ticket: string }).ticket;
  }

  /** Gives this page the session that the ticket stands for. */
  async openSession(ticket: string): Promise<void> {
    await this.#post("/v1/session", { ticket });
  }

  async signOut(): Promise<void> {
    await this.#call("/v1/logout", { method: "POST" });
  }

  async #post(path: string, body: unknown): Promise<unknown> {
    const headers = { "Content-Type": "application/json" };
    return this.#call(path, { method: "POST", headers, body: JSON.stringify(body) });
  }

  async #call(path: string, init?: RequestInit): Promise<unknown> {
    let response: Response;
    try {
      response = await this.#fetch(BASE + path, init);
    } catch {
      throw new BatonRefusal(503, "NOT_PERMITTED", "Baton does not answer", "backendUnavailable");
    }
    const text = await response.text();
    const body = parse(text);
    if (!response.ok) throw refusalOf(response.status, body as ErrorBody | null);
    return body;
  }
}

function parse(text: string): unknown {
  try {
    return text === "" ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

/** POST /v1/messages wraps its error in an envelope, everything else does not. */
function refusalOf(status: number | null, body: ErrorBody | null): BatonRefusal {
  const error = body?.data ?? body ?? {};
  const msg = error.msg ?? `Baton answered ${status ?? "without a status"}`;
  return new BatonRefusal(status, error.errorType ?? "", msg, error.reason ?? null);
}
