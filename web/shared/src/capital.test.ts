import { expect, it } from "vitest";
import { capital } from "./capital.ts";

it("begins a sentence, and leaves names as they are", () => {
  expect(capital("the line is busy. Try again.")).toBe("The line is busy. Try again.");
  expect(capital("über dem Limit")).toBe("Über dem Limit");
  for (const text of ["", "The line", "endpointARN is missing", "agent2 is away", "http.listen"])
    expect(capital(text)).toBe(text);
});
