import type { QuickConnect, QuickConnectItem } from "@baton/client";

/** A group of the search's results, in the order in which they are shown. */
export type Group = "favourites" | "recent" | "queues" | "external" | "agents";
export const GROUPS: Group[] = ["favourites", "recent", "queues", "external", "agents"];

/** A destination made ready for searching. */
export interface Entry {
  item: QuickConnectItem;
  key: string;
  words: string;
}

/** How many rows are shown; more would be read by nobody. */
export const SHOWN = 40;

const fold = (text: string): string =>
  text
    .normalize("NFKD")
    .replace(/[\u0300-\u036f]/g, "")
    .toLowerCase();

/** Made once for a list, so that a keystroke compares ready texts only. */
export function prepare(items: readonly QuickConnectItem[]): Entry[] {
  return items.map((item) => ({
    item,
    key: item.endpointARN,
    words: ` ${fold([item.name, item.agentLogin, item.queue, item.phoneNumber].filter(Boolean).join(" "))}`,
  }));
}

export interface Row extends Entry {
  group: Group;
}

const GROUP_OF = { queue: "queues", phone_number: "external", agent: "agents" } as const;

/**
 * The rows for a search text: each word of it must begin a word, or stand in it; what begins with the text comes first.
 * A destination stands once, in the first group that it belongs to.
 */
export function search(
  entries: readonly Entry[],
  text: string,
  favourites: readonly string[],
  recent: readonly string[],
): Row[] {
  const words = fold(text).split(/\s+/).filter(Boolean);
  const favourite = new Set(favourites);
  const rank = (entry: Entry): number => {
    let worst = 0;
    for (const word of words) {
      const at = entry.words.indexOf(word);
      if (at < 0) return -1;
      const starts = entry.words.includes(` ${word}`);
      worst = Math.max(worst, at === 1 ? 1 : starts ? 2 : 3);
    }
    return worst;
  };
  const found: (Row & { rank: number; order: number })[] = [];
  entries.forEach((entry, order) => {
    const value = rank(entry);
    if (value < 0) return;
    const recently = recent.indexOf(entry.key);
    const group = favourite.has(entry.key)
      ? "favourites"
      : recently >= 0
        ? "recent"
        : GROUP_OF[entry.item.type];
    found.push({ ...entry, group, rank: value, order: group === "recent" ? recently : order });
  });
  found.sort(
    (a, b) =>
      GROUPS.indexOf(a.group) - GROUPS.indexOf(b.group) ||
      a.rank - b.rank ||
      // What cannot take the call stands below what can.
      Number(b.item.available) - Number(a.item.available) ||
      a.order - b.order,
  );
  return found.slice(0, SHOWN).map(({ rank: _rank, order: _order, ...row }) => row);
}

/** The number that was typed, in E.164, where it can be one; else nothing. The server has the last word. */
export function typedNumber(text: string): string | null {
  const bare = text.replace(/[\s.()[\]-]/g, "");
  return /^\+[1-9]\d{2,14}$/.test(bare) ? bare : null;
}

/** The destination as BlindTransfer takes it. */
export function toQuickConnect(item: QuickConnectItem): QuickConnect {
  const { endpointARN, endpointId, type, name, phoneNumber, agentLogin, queue } = item;
  return { endpointARN, endpointId, type, name, phoneNumber, agentLogin, queue };
}
