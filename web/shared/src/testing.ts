/** A WebSocket whose other end is the test. */
export class FakeSocket {
  static readonly OPEN = 1;
  /** All that were made, in their order; who uses them empties it before a test. */
  static all: FakeSocket[] = [];
  static get last(): FakeSocket {
    const last = FakeSocket.all.at(-1);
    if (!last) throw new Error("nobody connected");
    return last;
  }

  readonly readyState = FakeSocket.OPEN;
  onopen: (() => void) | null = null;
  onmessage: ((message: { data: string }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  readonly sent: Record<string, unknown>[] = [];
  closed = false;
  constructor(
    readonly url: string | URL = "",
    readonly protocols: string[] = [],
  ) {
    FakeSocket.all.push(this);
  }
  send(text: string): void {
    this.sent.push(JSON.parse(text) as Record<string, unknown>);
  }
  /** Tells nobody, as where the network is gone. */
  close(): void {
    this.closed = true;
  }
  opens(): void {
    this.onopen?.();
  }
  tell(...events: object[]): void {
    for (const event of events) this.onmessage?.({ data: JSON.stringify(event) });
  }
  closes(code = 1006, reason = ""): void {
    this.onclose?.({ code, reason });
  }
}
