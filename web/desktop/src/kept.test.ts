import { describe, expect, it } from "vitest";
import { changed, forServer, idsOf, type Kept, merge, NOTHING, parse, textOf } from "./kept.ts";

const of = (kept: Partial<Kept>): Kept => ({ ...NOTHING, ...kept });

describe("what is kept for an agent", () => {
  it("joins what two browsers wrote without knowing of each other", () => {
    const one = changed(NOTHING, "favourites", "a", true, 1);
    const other = changed(changed(NOTHING, "favourites", "b", true, 2), "notes", "c", "text", 3);
    expect(idsOf(merge(one, other).favourites)).toEqual(["b", "a"]);
    expect(merge(one, other)).toEqual(merge(other, one));
    expect(textOf(merge(one, other).notes, "c")).toBe("text");
  });

  it("lets the newest word on an item count, also that it was taken away", () => {
    const before = changed(NOTHING, "favourites", "a", true, 1);
    const after = changed(before, "favourites", "a", false, 2);
    expect(idsOf(merge(after, before).favourites)).toEqual([]);
    expect(idsOf(merge(before, after).favourites)).toEqual([]);
    const again = changed(after, "favourites", "a", true, 3);
    expect(idsOf(merge(after, again).favourites)).toEqual(["a"]);
  });

  it("lets a change count where the clock was set back", () => {
    const before = changed(NOTHING, "notes", "c", "first", 1_000);
    const after = changed(before, "notes", "c", "second", 5);
    expect(textOf(merge(before, after).notes, "c")).toBe("second");
  });

  it("comes to the same for both where two words have one time", () => {
    const one = changed(NOTHING, "notes", "c", "one", 1);
    const other = changed(NOTHING, "notes", "c", "other", 1);
    expect(merge(one, other)).toEqual(merge(other, one));
  });

  it("keeps the eight newest recent ones, and few notes with the server", () => {
    let kept = NOTHING;
    for (let i = 0; i < 60; i++) {
      kept = changed(kept, "recent", `r${i}`, true, i);
      kept = changed(kept, "notes", `n${i}`, "text", i);
    }
    expect(idsOf(kept.recent)).toEqual(["r59", "r58", "r57", "r56", "r55", "r54", "r53", "r52"]);
    expect(kept.notes).toHaveLength(50);
    expect(forServer(kept).notes.map(({ id }) => id)).toEqual(["n59", "n58", "n57", "n56"]);
  });

  it("reads what is no item of ours as nothing", () => {
    for (const stored of [null, undefined, 5, "x", [], { favourites: 1, notes: [null, 5, {}] }])
      expect(parse(stored)).toEqual(NOTHING);
    const item = { id: "a", at: 1, value: true };
    expect(parse({ favourites: [item, { ...item, at: "1" }, { ...item, more: 1 }] })).toEqual(
      of({ favourites: [item] }),
    );
    expect(parse(JSON.parse(JSON.stringify(of({ recent: [item] }))))).toEqual(
      of({ recent: [item] }),
    );
  });
});
