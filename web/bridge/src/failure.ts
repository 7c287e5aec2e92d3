import type { Failure, Outcome } from "./messages.ts";

/** Baton refuses longer texts, and would never learn what came of the command. */
const MOST_BYTES = 2_048;
const MOST_BYTES_OF_NAME = 128;

/** As many whole characters as fit into so many bytes of UTF-8. */
function cut(text: string, most: number): string {
  return text.slice(0, new TextEncoder().encodeInto(text, new Uint8Array(most)).read);
}

/**
 * What the library tells of a failure: a JSON text `{type, message, stack, statusCode}`, of which everything may be
 * missing, and for some calls no JSON at all. The stack is left out: it names addresses of the customer's instance. The
 * message is cut where it is longer than Baton takes. Or what the SDK rejects with: an object with an `errorKey` and a
 * `reason`, which is an Error, but for its time-out; its `details` are left out like the stack.
 */
export function failureOf(told: unknown): Failure {
  const failure = read(told);
  return {
    ...failure,
    name: cut(failure.name, MOST_BYTES_OF_NAME),
    message: cut(failure.message, MOST_BYTES),
  };
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");

function read(told: unknown): Failure {
  const nameless: Failure = { name: "", message: "", status: 0 };
  if (typeof told === "object" && told !== null && "errorKey" in told) {
    const { errorKey, reason, message } = told as Record<string, unknown>;
    return { ...nameless, name: text(errorKey), message: text(reason) || text(message) };
  }
  if (told instanceof Error) return { name: errorName(told), message: told.message, status: 0 };
  if (typeof told !== "string") return nameless;
  let parsed: unknown;
  try {
    parsed = JSON.parse(told);
  } catch {
    return { ...nameless, message: told };
  }
  if (typeof parsed !== "object" || parsed === null)
    return { ...nameless, message: String(parsed) };
  const of = parsed as Record<string, unknown>;
  return {
    // "com.amazonaws.connect#BadEndpointException" is "BadEndpointException".
    name: text(of["type"]).replace(/^.*#/, ""),
    message: text(of["message"]),
    status: typeof of["statusCode"] === "number" ? of["statusCode"] : 0,
  };
}

/** The library's own errors are made without classes; their names stand in their constructors or their texts. */
function errorName(error: Error): string {
  if (error.name && error.name !== "Error") return error.name;
  return /no longer exists|does not exist/.test(error.message) ? "StateError" : "";
}

/** What the bridge itself refuses, without asking anybody. */
export const failed = (name: string, message: string): Outcome => ({
  ok: false,
  error: { name, message, status: 0 },
});
