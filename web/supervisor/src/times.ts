import { duration } from "@baton/shared/clock.ts";
import { language } from "@baton/shared/texts.ts";

/** Times of day, dates and numbers as the chosen language writes them, in the browser's time zone. */

type Style = Intl.DateTimeFormatOptions;
const styles = {
  time: { hour: "2-digit", minute: "2-digit" },
  exact: {
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    fractionalSecondDigits: 3,
    hourCycle: "h23",
  },
  day: { weekday: "short", day: "numeric" },
  full: {
    year: "numeric",
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  },
} as const satisfies Record<string, Style>;

/** The browser's own kind of the chosen language, such as British English. */
const localeOf = (chosen: string): string =>
  globalThis.navigator?.languages?.find((one) => one.startsWith(chosen)) ?? chosen;

const made = new Map<string, Intl.DateTimeFormat>();

/** @param at Unix milliseconds, or a timestamp of the server's */
export function when(at: number | string, style: keyof typeof styles): string {
  const key = `${language.value} ${style}`;
  const format = made.get(key) ?? new Intl.DateTimeFormat(localeOf(language.value), styles[style]);
  made.set(key, format);
  return format.format(typeof at === "string" ? Date.parse(at) : at);
}

/** "250 ms", "7.1 s", "42 s", "3:05": as exact as it is short; a figure and its unit stay on one line. */
export function span(seconds: number): string {
  if (seconds > 0 && seconds < 1) return `${Math.round(seconds * 1000)}\u00a0ms`;
  if (seconds >= 60) return duration(seconds * 1000);
  const digits = seconds < 10 ? 1 : 0;
  return `${seconds.toLocaleString(localeOf(language.value), { maximumFractionDigits: digits })}\u00a0s`;
}

/** "12,345": grouped as the chosen language does. */
export const number = (value: number): string => value.toLocaleString(localeOf(language.value));

/** How long after `from`: "+0:07.250". */
export function offset(from: string, at: string): string {
  const ms = Math.max(0, Date.parse(at) - Date.parse(from));
  return `+${duration(ms)}.${String(ms % 1000).padStart(3, "0")}`;
}
