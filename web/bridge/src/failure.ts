import type { Failure } from "./messages.ts";

/** Baton refuses a longer text, and would never learn what came of the command. */
const MOST_BYTES = 2_048;

/** As many whole characters as fit into MOST_BYTES of UTF-8. */
function cut(text: string): string {
  return text.slice(0, new TextEncoder().encodeInto(text, new Uint8Array(MOST_BYTES)).read);
}

/**
 * What the library tells of a failure: a JSON text `{type, message, stack, statusCode}`, of which everything may be
 * missing, and for some calls no JSON at all. The stack is left out: it names addresses of the customer's instance. The
 * message is cut where it is longer than Baton takes.
 */
export function failureOf(told: unknown): Failure {
  const failure = read(told);
  return { ...failure, message: cut(failure.message) };
}

function read(told: unknown): Failure {
  const nameless: Failure = { name: "", message: "", status: 0 };
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
  const text = (value: unknown): string => (typeof value === "string" ? value : "");
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
