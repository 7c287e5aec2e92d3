import { describe, expect, it, vi } from "vitest";
import { type Digits, digitsOf } from "./digits.ts";

/** A sender whose digits are answered by hand, in their order. */
function sender(): Digits & {
  sent: string[];
  ids: string[];
  answer: (taken: boolean) => void;
} {
  const sent: string[] = [];
  const ids: string[] = [];
  const answers: ((why: string) => void)[] = [];
  const digits = digitsOf((digit, id) => {
    sent.push(digit);
    ids.push(id);
    return new Promise((resolve) => answers.push(resolve));
  });
  return { ...digits, sent, ids, answer: (taken) => answers.shift()?.(taken ? "" : "refused") };
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

  it("are not shown any more where the telephone system refuses them afterwards", async () => {
    const { sent, ids, answer, press, lost, shown, failure } = sender();
    const first = press("1");
    await vi.waitFor(() => expect(sent).toEqual(["1"]));
    answer(true);
    expect(await first).toBe(true);
    expect(shown.value).toBe("1");

    const [second, third] = [press("2"), press("3")];
    await vi.waitFor(() => expect(sent).toEqual(["1", "2"]));
    expect(lost("another's", "?")).toBe(false);
    expect(lost(ids[0], "the telephone system refused")).toBe(true);
    expect([shown.value, failure.value]).toEqual(["", "the telephone system refused"]);
    answer(true);
    expect(await Promise.all([second, third])).toEqual([true, false]);
    expect(sent).toEqual(["1", "2"]);
    expect([shown.value, failure.value]).toEqual(["2", "the telephone system refused"]);

    const fourth = press("4");
    await vi.waitFor(() => expect(failure.value).toBe(""));
    answer(true);
    expect(await fourth).toBe(true);
    expect(shown.value).toBe("24");
  });

  it("are not taken where the telephone system's refusal comes first", async () => {
    const { sent, ids, answer, press, lost, shown, failure } = sender();
    const pressed = [press("1"), press("2")];
    await vi.waitFor(() => expect(sent).toEqual(["1"]));
    expect(lost(ids[0], "the telephone system refused")).toBe(true);
    answer(true);
    expect(await Promise.all(pressed)).toEqual([false, false]);
    expect(sent).toEqual(["1"]);
    expect([shown.value, failure.value]).toEqual(["", "the telephone system refused"]);
  });

  it("of a keypad that was open before are not shown in the next one", async () => {
    const { sent, ids, answer, press, begin, lost, shown } = sender();
    const pressed = [press("1"), press("2")];
    await vi.waitFor(() => expect(sent).toEqual(["1"]));
    answer(true);
    await vi.waitFor(() => expect(sent).toEqual(["1", "2"]));
    begin();
    expect(shown.value).toBe("");
    expect(lost(ids[0], "the telephone system refused")).toBe(false);
    answer(true);
    expect(await Promise.all(pressed)).toEqual([true, true]);
    expect(shown.value).toBe("2");
  });
});
