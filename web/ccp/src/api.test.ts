import { describe, expect, it } from "vitest";
import { Api } from "./api.ts";
import { BatonRefusal } from "./baton.ts";

/** An API that answers everything so, and what it was asked. */
function answering(status: number, body: unknown): { api: Api; asked: [string, unknown][] } {
  const asked: [string, unknown][] = [];
  const api = new Api(async (path, init) => {
    asked.push([path, init?.body ? JSON.parse(String(init.body)) : null]);
    return new Response(typeof body === "string" ? body : JSON.stringify(body), { status });
  });
  return { api, asked };
}

async function refusal(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => "nothing",
    (error: unknown) => error,
  );
}

describe("the API", () => {
  it("stands below the page's own path", async () => {
    const { api, asked } = answering(202, { accepted: true });
    await api.send({ topic: "InboundCall", subtopic: "Hold", data: "c", id: "1" });
    await api.read("/v1/queues");
    expect(asked).toEqual([
      [
        "/ccp-v2/v1/messages",
        {
          channel: "Amazon",
          source: "ccp-v2",
          topic: "InboundCall",
          subtopic: "Hold",
          data: "c",
          id: "1",
        },
      ],
      ["/ccp-v2/v1/queues", null],
    ]);
  });

  it("tells a refusal, in its envelope or bare", async () => {
    const data = { errorType: "HOLD_CALL_FAILED", msg: "no call", reason: "noActiveCall" };
    for (const body of [{ topic: "Error", data }, data]) {
      const { api } = answering(409, body);
      expect(await refusal(api.read("/v1/queues"))).toMatchObject({ status: 409, ...data });
    }
  });

  it("says something of an answer that says nothing", async () => {
    for (const body of ["", "<html>Bad Gateway</html>"]) {
      const error = await refusal(answering(502, body).api.read("/v1/queues"));
      expect(error).toBeInstanceOf(BatonRefusal);
      expect(error).toMatchObject({ status: 502, msg: "Baton answered 502", reason: null });
    }
  });

  it("tells that nobody answers", async () => {
    const api = new Api(() => Promise.reject(new TypeError("Failed to fetch")));
    expect(await refusal(api.read("/v1/queues"))).toMatchObject({ reason: "backendUnavailable" });
  });

  it("finds out what a transfer would be refused for", async () => {
    const error = { errorType: "BLIND_TRANSFER_FAILED", msg: "closed", reason: "queueClosed" };
    expect(await answering(200, { error: null }).api.preflight("+1")).toBeNull();
    expect(await answering(200, { error }).api.preflight("+1")).toMatchObject(error);
    // A destination that cannot be read is refused by the request itself.
    expect(await answering(422, error).api.preflight("+1")).toMatchObject(error);
    expect(await refusal(answering(503, error).api.preflight("+1"))).toMatchObject({ status: 503 });
  });

  it("tells who may embed the page as a browser writes it", async () => {
    const origins = ["https://Desk.Example:443", "http://localhost:8080", "https://[2001:DB8::1]"];
    const { api, asked } = answering(200, { origins });
    expect(await api.embedders()).toEqual([
      "https://desk.example",
      "http://localhost:8080",
      "https://[2001:db8::1]",
    ]);
    expect(asked).toEqual([["/ccp-v2/v1/embedders", null]]);
  });

  it("signs in by a ticket", async () => {
    const { api, asked } = answering(200, { ticket: "t" });
    expect(await api.signIn("agent1", "secret")).toBe("t");
    await api.openSession("t");
    expect(asked.map(([path]) => path)).toEqual(["/ccp-v2/v1/login", "/ccp-v2/v1/session"]);
  });
});
