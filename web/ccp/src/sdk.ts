/**
 * The frame's end of the channel that the SDK's packages (`@amazon-connect/*`) have beside the conduit. Baton serves nothing
 * on it. But it is there, so that whoever asks is refused at once and in the SDK's own form; without it a request would
 * wait for the SDK's time-out of 30 s, and its events in vain for ever.
 *
 * Its messages are those of `@amazon-connect/core` 1.0 (messaging/messages.d.ts): `cross-domain-adapter-init` with a port from
 * the frame, `cross-domain-site-ready` back on it, `acknowledge`, then requests and subscriptions.
 */

/** The port of a MessageChannel: what is used of it. */
export interface SdkPort {
  postMessage(message: unknown): void;
  onmessage: ((event: MessageEvent) => void) | null;
}

const WHY = "Baton does not serve the SDK; use the methods of amazon-connect-streams";

/** What goes with an acknowledge and an error: the SDK hands it on to whoever asks how the channel is. */
function status(): { initialized: boolean; startTime: Date } {
  return { initialized: true, startTime: new Date() };
}

/** Answers what comes in on `port`, whose other end goes to the embedding page. `id` names the connection. */
export function serveSdk(port: SdkPort, id: string): void {
  let checks = 0;
  port.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (typeof data !== "object" || data === null) return;
    const asked = data as Record<string, unknown>;
    switch (asked["type"]) {
      case "cross-domain-site-ready":
        // 0: no checks of health are asked for.
        return port.postMessage({
          type: "acknowledge",
          connectionId: id,
          status: status(),
          healthCheckInterval: 0,
        });
      case "request": {
        const { requestId, namespace, command } = asked;
        return port.postMessage({
          type: "response",
          requestId,
          namespace,
          isError: true,
          errorKey: "handlerNotFound",
          reason: WHY,
          details: { command },
        });
      }
      case "subscribe":
        return port.postMessage({
          type: "error",
          key: "subscriptionHandlerNotFound",
          message: WHY,
          isFatal: false,
          status: status(),
          details: { topic: asked["topic"] },
        });
      case "healthCheck":
        checks += 1;
        return port.postMessage({ type: "healthCheckResponse", time: Date.now(), counter: checks });
      default:
        // Logs and metrics, and the end of a subscription or of the channel, which need no answer.
        return;
    }
  };
}
