import { afterEach, expect, test, vi } from "vitest";
import { signIn } from "./sign-in.ts";

afterEach(() => {
  vi.unstubAllGlobals();
});

/** What the form says where that comes of the request. */
async function told(answer: () => Promise<Response>): Promise<string> {
  vi.stubGlobal("fetch", answer);
  return signIn("agent1", "a password");
}

test("a sign-in that is refused says what Baton says of it", async () => {
  const msg = "too many wrong passwords; try again in 37 s";
  const refused = JSON.stringify({ errorType: "NOT_PERMITTED", msg });
  expect(await told(async () => new Response(refused, { status: 429 }))).toBe(msg);
  expect(await told(async () => new Response(null, { status: 200 }))).toBe("");
});

test("a sign-in that Baton does not answer says so", async () => {
  expect(await told(() => Promise.reject(new TypeError("Failed to fetch")))).toMatch(/not answer/);
  const proxy = new Response("<h1>Bad gateway</h1>", { status: 502 });
  expect(await told(async () => proxy)).toMatch(/not reached.*502/);
});
