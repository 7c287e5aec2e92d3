import type { Capabilities } from "@baton/client";
import { describe, expect, it } from "vitest";
import { optionsFor } from "./options.ts";

const chosen = { seconds: 30, step: "originalQueue", note: " Wants a date. " } as const;

describe("the options of a transfer", () => {
  it("say what follows a failure, and the note", () => {
    const all = {
      ringTimeoutSeconds: 30,
      onFailure: ["originalQueue", "return"],
      note: "Wants a date.",
    };
    expect(optionsFor(null, chosen)).toEqual(all);
    expect(optionsFor({ fallbackAfterRelease: true } as Capabilities, chosen)).toEqual(all);
    expect(optionsFor(null, { ...chosen, note: " " })).not.toHaveProperty("note");
  });

  it("leave out what the back end refuses", () => {
    const capabilities = { fallbackAfterRelease: false } as Capabilities;
    expect(optionsFor(capabilities, chosen)).toEqual({ ringTimeoutSeconds: 30 });
  });
});
