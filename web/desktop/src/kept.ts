/**
 * What is kept for an agent, as one value: pure. Each item has the time of its last change, so that what two browsers
 * wrote without knowing of each other can be put together: of each item the newest word counts, whoever wrote it. What was
 * taken away stays as an item that says so (`false`, an empty note); else the other browser would bring it back.
 */

export interface Item {
  /** A destination's ARN; of a note the contact's id. */
  id: string;
  /** Its last change, ms since 1970 by the server's clock. */
  at: number;
  value: string | boolean;
}

export type Kind = "favourites" | "recent" | "notes" | "transferNotes";
/** Each list has the newest first. */
export type Kept = Readonly<Record<Kind, readonly Item[]>>;

export const KINDS: readonly Kind[] = ["favourites", "recent", "notes", "transferNotes"];
export const NOTHING: Kept = { favourites: [], recent: [], notes: [], transferNotes: [] };

/** How many a browser keeps, and how many of them the server: notes may be long, and are wanted for a call or two. */
const MOST: Record<Kind, number> = { favourites: 200, recent: 8, notes: 50, transferNotes: 50 };
const MOST_THERE: Record<Kind, number> = {
  favourites: 200,
  recent: 8,
  notes: 4,
  transferNotes: 4,
};

const each = (make: (kind: Kind) => readonly Item[]): Kept => ({
  favourites: make("favourites"),
  recent: make("recent"),
  notes: make("notes"),
  transferNotes: make("transferNotes"),
});

/** Which of two words on one item counts. At the same time any, but for everybody the same. */
const newer = (a: Item, b: Item): Item =>
  a.at !== b.at ? (a.at > b.at ? a : b) : String(a.value) >= String(b.value) ? a : b;

function sorted(items: Iterable<Item>, most: number): Item[] {
  return [...items].sort((a, b) => b.at - a.at || (a.id < b.id ? -1 : 1)).slice(0, most);
}

export function merge(one: Kept, other: Kept): Kept {
  return each((kind) => {
    const found = new Map<string, Item>();
    for (const item of [...one[kind], ...other[kind]]) {
      const known = found.get(item.id);
      found.set(item.id, known ? newer(known, item) : item);
    }
    return sorted(found.values(), MOST[kind]);
  });
}

/** One item with another value, which counts over what is known of it, even where a clock was set back. */
export function changed(
  kept: Kept,
  kind: Kind,
  id: string,
  value: string | boolean,
  now: number,
): Kept {
  const before = kept[kind].find((item) => item.id === id);
  const item = { id, at: Math.max(now, (before?.at ?? 0) + 1), value };
  const others = kept[kind].filter((one) => one !== before);
  return { ...kept, [kind]: sorted([item, ...others], MOST[kind]) };
}

/** What the server is to have of it. */
export const forServer = (kept: Kept): Kept =>
  each((kind) => kept[kind].slice(0, MOST_THERE[kind]));

/** Reads what somebody stored, who may be a later program, or none of ours: what is no item is left out. */
export function parse(stored: unknown): Kept {
  const lists = (typeof stored === "object" && stored !== null ? stored : {}) as Record<
    string,
    unknown
  >;
  const itemsOf = (list: unknown): Item[] =>
    (Array.isArray(list) ? list : []).flatMap((one: Partial<Item> | null) =>
      typeof one?.id === "string" &&
      Number.isFinite(one.at) &&
      (typeof one.value === "string" || typeof one.value === "boolean")
        ? [{ id: one.id, at: Number(one.at), value: one.value }]
        : [],
    );
  return merge(
    NOTHING,
    each((kind) => itemsOf(lists[kind])),
  );
}

/** The ids that are there, the newest first. */
export const idsOf = (items: readonly Item[]): string[] =>
  items.filter(({ value }) => value === true).map(({ id }) => id);

/** A note's text; empty where there is none. */
export function textOf(items: readonly Item[], id: string): string {
  const value = items.find((item) => item.id === id)?.value;
  return typeof value === "string" ? value : "";
}
