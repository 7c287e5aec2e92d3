import { afterEach, describe, expect, it } from "vitest";
import { common, language, textsOf } from "./texts.ts";

const { t } = textsOf({
  en: { ...common.en, waits: "{count} wait", waitsOne: "1 waits", free: "{count} free" },
  de: { ...common.de, waits: "{count} warten", waitsOne: "1 wartet", free: "{count} frei" },
});

afterEach(() => {
  language.value = "en";
});

describe("a text with a count", () => {
  it("is another one for 1, where there is one", () => {
    expect([0, 1, 2].map((count) => t("waits", { count }))).toEqual([
      "0 wait",
      "1 waits",
      "2 wait",
    ]);
    expect(t("free", { count: 1 })).toBe("1 free");
    language.value = "de";
    expect(t("waits", { count: 1 })).toBe("1 wartet");
  });
});
