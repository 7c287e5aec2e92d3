import { describe, expect, it } from "vitest";
import { readable } from "./numbers.ts";

describe("readable", () => {
  it("sets the country code apart", () => {
    expect(readable("+12082097345")).toBe("+1 208 209 7345");
    expect(readable("+491701234567")).toBe("+49 170 123 4567");
    expect(readable("+35312345678")).toBe("+353 123 4 5678");
    expect(readable("agent2")).toBe("agent2");
  });
});
