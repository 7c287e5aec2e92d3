import { BatonError, BatonUnreachable, type Preferences } from "@baton/client";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Keeper } from "./keeper.ts";
import { idsOf, textOf } from "./kept.ts";

/** The server, which several browsers know. */
class Kept {
  text = "{}";
  puts = 0;
  away = false;
  most = Infinity;
  preferences = async (): Promise<Preferences> => {
    if (this.away) throw new BatonUnreachable("away");
    return JSON.parse(this.text) as Preferences;
  };
  keepPreferences = async (kept: Preferences): Promise<unknown> => {
    if (this.away) throw new BatonUnreachable("away");
    const text = JSON.stringify(kept);
    if (text.length > this.most) {
      const msg = "too large";
      throw new BatonError({ errorType: "NOT_PERMITTED", msg, errorMessage: msg }, 413);
    }
    this.puts++;
    this.text = text;
    return kept;
  };
}

/** Each browser has a storage of its own; these tests have none, which fails nothing. */
function browser(server: Kept): Keeper {
  const keeper = new Keeper(server);
  keeper.open("agent1");
  return keeper;
}

const favourites = (keeper: Keeper): string[] => idsOf(keeper.kept.value.favourites);

describe("the keeper", () => {
  let server: Kept;
  beforeEach(() => {
    vi.useFakeTimers();
    server = new Kept();
  });
  afterEach(() => void vi.useRealTimers());

  it("sends a note once, after the last stroke, and leaves what belongs to others", async () => {
    server.text = JSON.stringify({ supervisor: { range: "day" } });
    const keeper = browser(server);
    for (const text of ["H", "He", "Her"]) keeper.set("notes", "c", text);
    expect(textOf(keeper.kept.value.notes, "c")).toBe("Her");
    await vi.runAllTimersAsync();
    expect(server.puts).toBe(1);
    expect(JSON.parse(server.text)).toMatchObject({
      supervisor: { range: "day" },
      desktop: { notes: [{ id: "c", value: "Her" }] },
    });
    await keeper.sync();
    expect(server.puts).toBe(1);
  });

  it("shows in a second browser what the first one wrote, and the other way round", async () => {
    const [one, two] = [browser(server), browser(server)];
    one.set("favourites", "a", true);
    await vi.runAllTimersAsync();
    await two.sync();
    expect(favourites(two)).toEqual(["a"]);
    two.set("favourites", "a", false);
    await vi.runAllTimersAsync();
    await one.sync();
    expect(favourites(one)).toEqual([]);
  });

  it("loses nothing of what was written while the server was away", async () => {
    const [one, two] = [browser(server), browser(server)];
    server.away = true;
    one.set("favourites", "a", true);
    await vi.runAllTimersAsync();
    server.away = false;
    two.set("favourites", "b", true);
    await vi.runAllTimersAsync();
    await one.sync();
    await two.sync();
    expect(favourites(one).sort()).toEqual(["a", "b"]);
    expect(favourites(two).sort()).toEqual(["a", "b"]);
  });

  it("leaves notes out where all is too large", async () => {
    server.most = 300;
    const keeper = browser(server);
    keeper.set("favourites", "a", true);
    keeper.set("notes", "c", "x".repeat(400));
    await vi.runAllTimersAsync();
    expect(JSON.parse(server.text)).toMatchObject({
      desktop: { favourites: [{ id: "a" }], notes: [] },
    });
    expect(textOf(keeper.kept.value.notes, "c")).toHaveLength(400);
  });

  it("gives nothing of one agent to the next", async () => {
    const keeper = browser(server);
    keeper.set("favourites", "a", true);
    keeper.close();
    expect(favourites(keeper)).toEqual([]);
    keeper.open("agent2");
    await vi.runAllTimersAsync();
    expect(favourites(keeper)).toEqual([]);
    expect(server.puts).toBe(0);
  });
});
