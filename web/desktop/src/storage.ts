import { read, write } from "@baton/shared/storage.ts";
import type { Kept } from "./kept.ts";

/** What this browser keeps: a choice of its own, and a copy of what the server keeps for an agent. */

const key = (login: string): string => `kept.${login}`;

export const storage = {
  shortcuts: (): boolean => read("shortcuts", true),
  setShortcuts: (on: boolean): void => write("shortcuts", on),

  kept: (login: string): unknown => read<unknown>(key(login), null),
  setKept: (login: string, kept: Kept): void => write(key(login), kept),
  /** Calls `handler` when another tab has written what is kept for anybody. */
  onOtherKept(handler: () => void): void {
    addEventListener("storage", (event) => {
      if (event.key?.startsWith("baton.kept.")) handler();
    });
  },
};
