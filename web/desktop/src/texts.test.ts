import { language } from "@baton/shared/texts.ts";
import { afterEach, describe, expect, it } from "vitest";
import { t } from "./texts.ts";

afterEach(() => {
  language.value = "en";
});

describe("texts", () => {
  it("are right for one who waits", () => {
    expect(t("waitingOf", { count: 1 })).toBe("1 waiting");
    language.value = "de";
    expect(t("waitingOf", { count: 1 })).toBe("1 wartet");
    expect(t("waitingOf", { count: 2 })).toBe("2 warten");
  });
});
