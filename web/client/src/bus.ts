import type { BatonClient } from "./client.ts";
import { BatonError } from "./error.ts";
import type { ApiErrorData, Request, ServerEvent } from "./messages.ts";

/** An object inside the page by which its parts publish messages of this family to each other, and listen to them. */
export interface MessageBus {
  /** Tells a message to all that listen, to us as well. */
  publish(message: ServerEvent): void;
  /** Calls `handler` for each message that any part publishes. Gives back what ends that. */
  subscribe(handler: (message: unknown) => void): () => void;
}

type ErrorEvent = Extract<ServerEvent, { topic: "Error" }>;

const REMEMBERED = 200;

/** Whether a message is a request to the server: one of the family, and none of the server's own. */
function isRequest(message: unknown): message is Request & { id?: string } {
  if (typeof message !== "object" || message === null || "message" in message) return false;
  const { channel, topic, subtopic } = message as Record<string, unknown>;
  const text = (value: unknown): string =>
    typeof value === "string" ? value.trim().toLowerCase() : "";
  return text(channel) === "amazon" && text(topic) !== "error" && text(subtopic) !== "";
}

const errorEvent = (data: ApiErrorData, id: string | undefined): ErrorEvent => ({
  channel: "Amazon",
  topic: "Error",
  subtopic: "ApiError",
  data,
  ...(id === undefined ? {} : { id }),
});

const unanswered = (error: unknown): ApiErrorData => ({
  errorType: "NOT_PERMITTED",
  msg: String(error),
  errorMessage: "Not permitted.",
  reason: "backendUnavailable",
});

/**
 * Plugs the client into a page's own publish/subscribe object: what the page publishes goes to the server, and every
 * event, reply and refusal of the server is published there, once. Nothing else in the page needs to know of Baton.
 *
 * @returns what ends that
 */
export function attachBus(client: BatonClient, bus: MessageBus): () => void {
  /**
   * By a request's id the refusal that was told last: it comes as the request's answer and, where others should know, as an
   * event. Only that second copy is kept from the page.
   */
  const told = new Map<string, { refusal: string; way: "answer" | "event" }>();
  const isCopy = (event: ErrorEvent, way: "answer" | "event"): boolean => {
    if (event.id === undefined) return false;
    const refusal = JSON.stringify([event.data.errorType, event.data.reason, event.data.msg]);
    const before = told.get(event.id);
    told.delete(event.id);
    if (before && before.way !== way && before.refusal === refusal) return true;
    told.set(event.id, { refusal, way });
    const [oldest] = told.keys();
    if (told.size > REMEMBERED && oldest !== undefined) told.delete(oldest);
    return false;
  };
  /** Where requests go over the socket, the reply to a read is both an event and the answer, the same object. */
  const published = new WeakSet<ServerEvent>();
  const tell = (event: ServerEvent, way: "answer" | "event"): void => {
    if (published.has(event) || (event.topic === "Error" && isCopy(event, way))) return;
    published.add(event);
    bus.publish(event);
  };
  const endEvents = client.subscribe("*", (event) => tell(event, "event"));
  const endRequests = bus.subscribe((message) => {
    if (!isRequest(message)) return;
    // Whoever asks again, as after a missing answer, is answered again.
    if (message.id !== undefined) told.delete(message.id);
    client.publish(message).then(
      (reply) => {
        if ("topic" in reply && reply.sequence === undefined) tell(reply, "answer");
      },
      (error: unknown) => {
        if (error instanceof BatonError) {
          tell(errorEvent(error.data, error.id ?? message.id), "answer");
        } else if (message.id === undefined || !told.has(message.id)) {
          // No answer is no refusal: one that an event brings later is still to be told, and one that came counts.
          bus.publish(errorEvent(unanswered(error), message.id));
        }
      },
    );
  });
  return () => {
    endEvents();
    endRequests();
  };
}
