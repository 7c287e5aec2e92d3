import { type BatonClient, BatonError, type ConnectionState } from "@baton/client";
import { beforeEach, describe, expect, it, vi } from "vitest";

vi.stubGlobal("localStorage", {
  getItem: () => null,
  setItem: () => undefined,
  removeItem: () => undefined,
});

const { signingOf } = await import("./signing.ts");

const refused = (status: number, msg: string): BatonError => {
  const error = new BatonError(
    { errorType: "NOT_PERMITTED", errorMessage: msg, msg } as never,
    status,
  );
  return error;
};

describe("signing out where the server answers 503", () => {
  let told: (state: ConnectionState) => void = () => undefined;
  let ended = true;
  const client = {
    onConnection: (tell: typeof told) => void (told = tell),
    connect: async () => undefined,
    close: vi.fn(),
    signIn: async () => ({ agent: "agent1", role: "agent" }),
    signOut: async () => {
      if (ended) told("signedOut");
      throw refused(503, "you are signed out, but the store cannot be written");
    },
    preferences: async () => {
      if (ended) throw refused(401, "sign in");
      return {};
    },
  };
  beforeEach(() => client.close.mockClear());

  it("is signed out, and says what the server said of it, where the session has ended", async () => {
    ended = true;
    const signing = signingOf(client as unknown as BatonClient, { forgotten: () => undefined });
    await signing.signIn("agent1", "secret");
    expect(await signing.signOut()).toBe("");
    expect(signing.who.value).toBeNull();
    expect(signing.signedOutWhy.value).toContain("the store cannot be written");
    expect(client.close).toHaveBeenCalled();
  });

  it("stays signed in, and says why, where it has not", async () => {
    ended = false;
    const signing = signingOf(client as unknown as BatonClient, { forgotten: () => undefined });
    await signing.signIn("agent1", "secret");
    expect(await signing.signOut()).toContain("the store cannot be written");
    expect(signing.who.value).not.toBeNull();
    expect(client.close).not.toHaveBeenCalled();
  });
});
