import { language } from "@baton/shared/texts.ts";
import { afterEach, describe, expect, it } from "vitest";
import { t } from "./texts.ts";

afterEach(() => {
  language.value = "en";
});

describe("texts", () => {
  it("are right for one", () => {
    const bounced = { count: 1, share: "50 % of 2", times: 1, why: "the line is busy" };
    expect(t("andMore", { count: 1 })).toBe("and 1 more");
    expect(t("found", { count: 1 })).toBe("1 transfer");
    expect(t("timeToHumanHelp", { count: 1 })).toContain("of the one that was connected");
    expect(t("bouncesSummary", bounced)).toBe("1 came back, 50 % of 2: the line is busy.");
    language.value = "de";
    expect(t("andMore", { count: 1 })).toBe("und 1 weiterer");
    expect(t("found", { count: 1 })).toBe("1 Weitergabe");
    expect(t("timeToHumanHelp", { count: 1 })).toContain("bei der einen verbundenen");
    expect(t("bouncesSummary", bounced)).toContain("1 kam zurück");
  });

  it("say of what is over how long it lasted", () => {
    language.value = "de";
    expect(t("lasted", { time: "2,5 s" })).toBe("2,5 s lang");
  });
});
