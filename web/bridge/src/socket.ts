/** How the bridge stands with Baton. */
export type SocketState = "connecting" | "open" | "signedOut" | "closed";

export interface SocketOptions {
  /** Baton, such as "https://baton.example". */
  url: string;
  /** Gets a WebSocket ticket, for each connection. Throws `SignedOut` where Baton does not know the caller. */
  ticket: () => Promise<string>;
  onState: (state: SocketState) => void;
  onText: (text: string) => void;
}

/** Baton does not know the caller: he must sign in. */
export class SignedOut extends Error {}

const LEAST_MS = 250;
const MOST_MS = 10_000;
/** A request for a ticket that is not answered by then is given up, and made again. */
const TICKET_MS = 20_000;
/** A connection that does not stand by then is given up. */
const OPEN_MS = 20_000;
/** After so much silence Baton is asked whether it is still there. */
const SILENCE_MS = 25_000;
/** An answer to that takes no longer. */
const ALIVE_MS = 5_000;
/** Any read that is answered to this connection alone. */
const ARE_YOU_THERE = JSON.stringify({
  channel: "Amazon",
  source: "baton-bridge",
  topic: "App",
  subtopic: "StateSync",
});

/** A WebSocket that comes back by itself. What is sent while it is not open is lost: a snapshot is sent anew. */
export class BridgeSocket {
  private socket: WebSocket | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private silence: ReturnType<typeof setTimeout> | undefined;
  private waitMs = LEAST_MS;
  private closed = false;
  private signedOut = false;
  private attempts = 0;

  constructor(private readonly options: SocketOptions) {}

  open(): void {
    if (this.closed) return;
    // Who is signed out stays so until a connection is there, however often it is tried.
    if (!this.signedOut) this.options.onState("connecting");
    // One that is asked for while another's ticket is on its way takes its place: two would both connect.
    const attempt = ++this.attempts;
    this.connect(attempt).catch((error: unknown) => {
      if (attempt !== this.attempts) return;
      this.signedOut = error instanceof SignedOut;
      if (this.signedOut) this.options.onState("signedOut");
      this.again();
    });
  }

  /** Tries now, where it is not open. */
  retry(): void {
    if (this.socket) return;
    clearTimeout(this.timer);
    this.waitMs = LEAST_MS;
    this.open();
  }

  /** Ends the connection, and makes another one. */
  renew(): void {
    this.socket?.close();
  }

  send(text: string): boolean {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(text);
    return true;
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    clearTimeout(this.silence);
    this.socket?.close();
    this.options.onState("closed");
  }

  private async connect(attempt: number): Promise<void> {
    const ticket = await this.options.ticket();
    if (this.closed || attempt !== this.attempts) return;
    const address = this.options.url.replace(/^http/, "ws").replace(/\/+$/, "") + "/v1/ws";
    const socket = new WebSocket(address, ["baton.v1", `baton.ticket.${ticket}`]);
    this.socket = socket;
    socket.onopen = () => {
      this.waitMs = LEAST_MS;
      this.signedOut = false;
      this.listen(socket);
      this.options.onState("open");
    };
    socket.onmessage = (message: MessageEvent) => {
      if (this.socket !== socket) return;
      this.listen(socket);
      this.options.onText(String(message.data));
    };
    socket.onclose = () => this.gone(socket);
    this.silence = setTimeout(() => this.lost(socket), OPEN_MS);
  }

  /** A network that goes away without a word is told to nobody who only listens, and late to who sends. */
  private listen(socket: WebSocket): void {
    clearTimeout(this.silence);
    if (this.closed) return;
    this.silence = setTimeout(() => {
      this.send(ARE_YOU_THERE);
      this.silence = setTimeout(() => this.lost(socket), ALIVE_MS);
    }, SILENCE_MS);
  }

  private lost(socket: WebSocket): void {
    this.gone(socket);
    // What is closed tells so only when the other end has answered, or long after: it is given up before.
    socket.close();
  }

  private gone(socket: WebSocket): void {
    if (this.socket !== socket) return;
    this.socket = undefined;
    clearTimeout(this.silence);
    if (!this.closed) this.options.onState("connecting");
    this.again();
  }

  private again(): void {
    if (this.closed) return;
    clearTimeout(this.timer);
    // A random part keeps hundreds of bridges apart that lost one server.
    this.timer = setTimeout(() => this.open(), this.waitMs * (0.5 + Math.random() / 2));
    this.waitMs = Math.min(MOST_MS, this.waitMs * 2);
  }
}

/** A ticket by the session's cookie, or by a token. */
export function ticketFrom(url: string, token?: () => string | Promise<string>) {
  return async (): Promise<string> => {
    const response = await fetch(url.replace(/\/+$/, "") + "/v1/ws-tickets", {
      method: "POST",
      headers: token ? { Authorization: `Bearer ${await token()}` } : {},
      credentials: token ? "omit" : "same-origin",
      signal: AbortSignal.timeout(TICKET_MS),
    });
    if (response.status === 401 || response.status === 403) throw new SignedOut();
    if (!response.ok) throw new Error(`no ticket: ${response.status}`);
    return ((await response.json()) as { ticket: string }).ticket;
  };
}
