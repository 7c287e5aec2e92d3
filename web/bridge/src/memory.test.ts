import { expect, test } from "vitest";
import { type Locks, Memory, tabName } from "./memory.ts";

class Storage {
  readonly values = new Map<string, string>();
  getItem(key: string): string | null {
    return this.values.get(key) ?? null;
  }
  setItem(key: string, value: string): void {
    this.values.set(key, value);
  }
}

/** Web Locks of one browser, whose pages never end. */
class OneBrowser implements Locks {
  readonly held = new Set<string>();
  async request(
    name: string,
    _options: { ifAvailable: true },
    callback: (lock: unknown) => Promise<void> | void,
  ): Promise<unknown> {
    if (this.held.has(name)) return callback(null);
    this.held.add(name);
    return callback({ name });
  }
}

test("a command is entered once, also by the page that is loaded again", () => {
  const storage = new Storage();
  expect(new Memory(storage).enter(7, "2026-01-01T00:00:00.000Z")).toBe(true);
  const again = new Memory(storage);
  expect(again.enter(7, "2026-01-01T00:00:00.000Z")).toBe(false);
  expect(again.enter(8, "2026-01-01T00:00:00.000Z")).toBe(true);
});

test("the same number of another store is another command", () => {
  const memory = new Memory(new Storage());
  expect(memory.enter(7, "2026-01-01T00:00:00.000Z")).toBe(true);
  expect(memory.enter(7, "2026-01-02T00:00:00.000Z")).toBe(true);
});

test("two hundred are remembered", () => {
  const memory = new Memory(new Storage());
  for (let number = 0; number <= 200; ++number) expect(memory.enter(number, "t")).toBe(true);
  expect(memory.enter(1, "t")).toBe(false);
  expect(memory.enter(0, "t")).toBe(true);
});

test("what is no list in the storage counts as nothing", () => {
  const storage = new Storage();
  storage.setItem("baton.bridge.done", "{");
  expect(new Memory(storage).enter(1, "t")).toBe(true);
});

test("a tab keeps its name over a reload", async () => {
  const storage = new Storage();
  const first = await tabName(storage, undefined);
  expect(await tabName(storage, undefined)).toBe(first);
});

test("a tab that was duplicated gets a name of its own", async () => {
  const browser = new OneBrowser();
  const storage = new Storage();
  const first = await tabName(storage, browser);
  const copy = new Storage();
  for (const [key, value] of storage.values) copy.setItem(key, value);
  expect(await tabName(copy, browser)).not.toBe(first);
});
