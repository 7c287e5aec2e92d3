import { Backoff } from "./backoff.ts";
import { BatonError, BatonUnreachable } from "./error.ts";
import type { ApiErrorData } from "./messages.ts";

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The server's HTTP interface, asked as one caller. */
export class Http {
  /**
   * @param base the server's origin
   * @param timeoutMs how long a request may take where it does not say
   * @param token who asks, or what tells each time; without one the session's cookie does
   */
  constructor(
    private readonly base: string,
    private readonly doFetch: typeof fetch,
    private readonly timeoutMs: number,
    private readonly token: string | (() => string | Promise<string>) | undefined,
  ) {}

  /**
   * One request; the JSON of its answer. With `again` it is sent until there is an answer: only for what the server does
   * once. Throws BatonError where it is refused, and BatonUnreachable where no answer came in time.
   */
  async request(
    method: string,
    path: string,
    body?: unknown,
    again = false,
    timeoutMs = this.timeoutMs,
  ): Promise<unknown> {
    const end = Date.now() + timeoutMs;
    const waits = new Backoff(200, 2_000);
    for (;;) {
      const response = await this.attempt(method, path, body, end - Date.now());
      if (response) {
        const text = await response.text().catch(() => undefined);
        if (text !== undefined) {
          if (response.ok) return text === "" ? undefined : JSON.parse(text);
          const refusal = refusalOf(text, response);
          if (refusal) throw refusal;
        }
      }
      const pause = waits.next();
      if (!again || Date.now() + pause >= end) {
        throw new BatonUnreachable(`no answer from ${this.base} to ${method} ${path}`);
      }
      await wait(pause);
    }
  }

  /** Sends a request once; undefined where no answer came in time. */
  async attempt(
    method: string,
    path: string,
    body: unknown,
    timeoutMs: number,
  ): Promise<Response | undefined> {
    try {
      return await this.doFetch(this.base + path, {
        method,
        headers: {
          ...(await this.headers()),
          Accept: "application/json",
          ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        // A token says who asks; with it, another origin's page needs no cookie, and may send none.
        credentials: this.token === undefined ? "same-origin" : "omit",
        signal: AbortSignal.timeout(Math.max(1, timeoutMs)),
      });
    } catch {
      return undefined; // Whatever it was: no answer came.
    }
  }

  private async headers(): Promise<Record<string, string>> {
    if (this.token === undefined) return {};
    const token = typeof this.token === "string" ? this.token : await this.token();
    return { Authorization: `Bearer ${token}` };
  }
}

/** The path with the conditions that are given. */
export function withQuery(path: string, query: Record<string, string | undefined>): string {
  const given = Object.entries(query).filter(
    (pair): pair is [string, string] => pair[1] !== undefined,
  );
  const text = new URLSearchParams(given).toString();
  return text ? `${path}?${text}` : path;
}

/**
 * The error that a response tells: an envelope's `data`, or the data alone. None where something between could not reach
 * the server: that is no answer of Baton's.
 */
export function refusalOf(text: string, response: Response): BatonError | undefined {
  try {
    const body = JSON.parse(text) as { data?: ApiErrorData; id?: string } & ApiErrorData;
    const data = body.data ?? body;
    if (typeof data.errorType === "string") return new BatonError(data, response.status, body.id);
  } catch {
    // It was no answer of Baton's, but of something between.
  }
  if (response.status >= 500) return undefined;
  const what = `HTTP ${response.status} ${response.statusText}`.trim();
  const data = {
    errorType: "NOT_PERMITTED",
    msg: what,
    errorMessage: what,
    reason: "backendUnavailable",
  } as const;
  return new BatonError(data, response.status);
}
