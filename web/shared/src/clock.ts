import { signal } from "@preact/signals";

/** How far the server's clock is ahead of the PC's, by what it told last; milliseconds. */
let ahead = 0;

/** The server's time, Unix milliseconds, once a second; whoever shows a clock reads it. */
export const now = signal(Date.now());
setInterval(() => (now.value = Date.now() + ahead), 1000);

/** The server's time at this instant, Unix milliseconds; for stamps. */
export const serverTime = (): number => Date.now() + ahead;

/** Takes the server's own time out of what it just told. */
export function clockSays(timestamp: string): void {
  now.value = Date.now() + (ahead = Date.parse(timestamp) - Date.now());
}

/** "0:07", "12:40", "1:02:03". */
export function duration(ms: number): string {
  const whole = Math.max(0, Math.floor(ms / 1000));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (value: number): string => String(value).padStart(2, "0");
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** How long ago the server's `timestamp` is now. */
export const age = (timestamp: string): string => duration(now.value - Date.parse(timestamp));
