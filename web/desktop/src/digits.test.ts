import { describe, expect, it, vi } from "vitest";
import { digitQueue } from "./digits.ts";

/** A sender whose digits are answered by hand, in their order. */
function sender(): {
  sent: string[];
  answer: (taken: boolean) => void;
  press: (digit: string) => Promise<boolean>;
} {
  const sent: string[] = [];
  const answers: ((taken: boolean) => void)[] = [];
  const press = digitQueue((digit) => {
    sent.push(digit);
    return new Promise((resolve) => answers.push(resolve));
  });
  return { sent, press, answer: (taken) => answers.shift()?.(taken) };
}

describe("digits", () => {
  it("wait for the one before", async () => {
    const { sent, answer, press } = sender();
    const pressed = [press("1"), press("2")];
    await vi.waitFor(() => expect(sent).toEqual(["1"]));
    answer(true);
    await vi.waitFor(() => expect(sent).toEqual(["1", "2"]));
    answer(true);
    expect(await Promise.all(pressed)).toEqual([true, true]);
  });

  it("are dropped behind one that was not taken, and begin anew with the next key", async () => {
    const { sent, answer, press } = sender();
    const pressed = [press("1"), press("2"), press("3")];
    await vi.waitFor(() => expect(sent).toEqual(["1"]));
    answer(false);
    expect(await Promise.all(pressed)).toEqual([false, false, false]);
    expect(sent).toEqual(["1"]);
    const next = press("4");
    await vi.waitFor(() => expect(sent).toEqual(["1", "4"]));
    answer(true);
    expect(await next).toBe(true);
  });
});
