import type { BatonClient } from "./client.ts";
import { BatonError } from "./error.ts";
import type { Request, ServerEvent } from "./messages.ts";

/** An object inside the page by which its parts publish messages of this family to each other, and listen to them. */
export interface MessageBus {
  /** Tells a message to all that listen, to us as well. */
  publish(message: ServerEvent): void;
  /** Calls `handler` for each message that any part publishes. Gives back what ends that. */
  subscribe(handler: (message: unknown) => void): () => void;
}

const REMEMBERED = 200;

/** Whether a message is a request to the server: one of the family, and none of the server's own. */
function isRequest(message: unknown): message is Request & { id?: string } {
  if (typeof message !== "object" || message === null || "message" in message) return false;
  const { channel, topic, subtopic } = message as Record<string, unknown>;
  const text = (value: unknown): string =>
    typeof value === "string" ? value.trim().toLowerCase() : "";
  return text(channel) === "amazon" && text(topic) !== "error" && text(subtopic) !== "";
}

/**
 * Plugs the client into a page's own publish/subscribe object: what the page publishes goes to the server, and every
 * event, reply and refusal of the server is published there, once. Nothing else in the page needs to know of Baton.
 *
 * @returns what ends that
 */
export function attachBus(client: BatonClient, bus: MessageBus): () => void {
  /** Ids of requests whose refusal was told: it comes as the request's answer and, where others should know, as an event. */
  const told = new Set<string>();
  const firstTime = (id: string): boolean => {
    if (told.has(id)) return false;
    told.add(id);
    const [oldest] = told;
    if (told.size > REMEMBERED && oldest !== undefined) told.delete(oldest);
    return true;
  };
  const tell = (event: ServerEvent): void => {
    if (event.topic === "Error" && event.id !== undefined && !firstTime(event.id)) return;
    bus.publish(event);
  };
  const endEvents = client.subscribe("*", tell);
  const endRequests = bus.subscribe((message) => {
    if (!isRequest(message)) return;
    client.publish(message).then(
      (reply) => {
        if ("topic" in reply && reply.sequence === undefined) tell(reply);
      },
      (error: unknown) => {
        const data =
          error instanceof BatonError
            ? error.data
            : {
                errorType: "NOT_PERMITTED",
                msg: String(error),
                errorMessage: "Not permitted.",
                reason: "backendUnavailable" as const,
              };
        const id = error instanceof BatonError ? (error.id ?? message.id) : message.id;
        tell({
          channel: "Amazon",
          topic: "Error",
          subtopic: "ApiError",
          data,
          ...(id === undefined ? {} : { id }),
        });
      },
    );
  });
  return () => {
    endEvents();
    endRequests();
  };
}
