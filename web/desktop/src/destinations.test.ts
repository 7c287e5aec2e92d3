import type { QuickConnectItem } from "@baton/client";
import { describe, expect, it } from "vitest";
import { prepare, search, SHOWN, typedNumber } from "./destinations.ts";

const item = (name: string, more: Partial<QuickConnectItem> = {}): QuickConnectItem => ({
  endpointARN: `arn:${name}`,
  endpointId: `arn:${name}`,
  type: "agent",
  name,
  phoneNumber: null,
  agentLogin: null,
  queue: null,
  available: true,
  unavailableReason: null,
  asOf: "2026-01-01T00:00:00.000Z",
  ...more,
});

const entries = prepare([
  item("Maria Agent", { agentLogin: "maria" }),
  item("Anna Maria", { agentLogin: "anna" }),
  item("Billing", { type: "queue" }),
  item("Bill's Garage", { type: "phone_number", phoneNumber: "+16579994374" }),
  item("Zoë Müller", { available: false, unavailableReason: "agentUnavailable" }),
]);
const names = (text: string, favourites: string[] = [], recent: string[] = []): string[] =>
  search(entries, text, favourites, recent).map(({ item: { name }, group }) => `${group}:${name}`);

describe("search", () => {
  it("groups everything without a text, what can take no call last", () => {
    expect(names("")).toEqual([
      "queues:Billing",
      "external:Bill's Garage",
      "agents:Maria Agent",
      "agents:Anna Maria",
      "agents:Zoë Müller",
    ]);
  });

  it("puts names that begin with the text first", () => {
    expect(names("mar")).toEqual(["agents:Maria Agent", "agents:Anna Maria"]);
    expect(names("bill")).toEqual(["queues:Billing", "external:Bill's Garage"]);
  });

  it("wants every word, in any order, by name, login or number", () => {
    expect(names("maria anna")).toEqual(["agents:Anna Maria"]);
    expect(names("6579994374")).toEqual(["external:Bill's Garage"]);
    expect(names("nobody")).toEqual([]);
  });

  it("does not ask for accents or case", () => {
    expect(names("ZOE muller")).toEqual(["agents:Zoë Müller"]);
  });

  it("shows favourites first and once, then what was used last", () => {
    expect(names("", ["arn:Anna Maria"], ["arn:Zoë Müller", "arn:Billing"])).toEqual([
      "favourites:Anna Maria",
      "recent:Billing",
      "recent:Zoë Müller",
      "external:Bill's Garage",
      "agents:Maria Agent",
    ]);
  });

  it("searches 5,000 destinations in less than 50 ms a keystroke", () => {
    const many = prepare(Array.from({ length: 5000 }, (_, i) => item(`Agent number ${i} Müller`)));
    const began = process.cpuUsage();
    const rows = ["a", "ag", "agent 4", "agent 49", "muller 4999"].map((text) =>
      search(many, text, [], []),
    );
    const microseconds = process.cpuUsage(began).user / rows.length;
    expect(microseconds).toBeLessThan(50_000);
    expect(rows[0]).toHaveLength(SHOWN);
    expect(rows.at(-1)).toHaveLength(1);
  });
});

describe("typedNumber", () => {
  it("takes E.164 however it is written, and nothing else", () => {
    expect(typedNumber("+1 (208) 209-7345")).toBe("+12082097345");
    expect(typedNumber("+49 30.123456")).toBe("+4930123456");
    for (const no of ["2082097345", "+0123456", "+12", "+1234567890123456", "+1 208 call", ""]) {
      expect(typedNumber(no), no).toBeNull();
    }
  });
});
