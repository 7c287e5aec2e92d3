import type { QuickConnectItem } from "@baton/client";
import { now } from "@baton/shared/clock.ts";
import { language } from "@baton/shared/texts.ts";
import { afterEach, describe, expect, it } from "vitest";
import { prepare } from "./destinations.ts";
import { figures } from "./figures.ts";

/** What is said of an agent at Amazon Connect, where each can be chosen. */
function of(agentState: string): string {
  const item = {
    endpointARN: "arn",
    type: "agent",
    name: "Agent Two",
    available: true,
    agentState,
    asOf: new Date(now.value).toISOString(),
  } as QuickConnectItem;
  const [entry] = prepare([item]);
  return entry ? figures({ ...entry, group: "agents" }) : "";
}

afterEach(() => {
  language.value = "en";
});

describe("an agent in the transfer box", () => {
  it("is in a state that has the name that it has everywhere", () => {
    expect(of("AfterCallWork")).toBe("After-call work");
    language.value = "de";
    expect(of("AfterCallWork")).toBe("Nachbearbeitung");
    expect(of("MissedCallAgent")).toBe("Verpasster Anruf");
    expect(of("FailedConnectCustomer")).toBe("Nicht erreicht");
    // Those of the directory are called as it calls them.
    expect(of("Lunch")).toBe("Lunch");
  });
});
