import { signal } from "@preact/signals";

/** By how much the PC's clock is ahead of `performance.now()`. */
const drift = (): number => Date.now() - performance.now();

/**
 * The server's time at the origin of `performance.now()`, by what it told last; Unix milliseconds. That clock goes on
 * evenly also where somebody puts the PC's right a little, or back.
 */
let origin = drift();
/** `drift()` then. */
let drifted = origin;

/** Where the PC's clock went so much further, it has slept, which `performance.now()` mostly leaves out. */
const SLEPT_MS = 2_000;

/** The server's time at this instant, Unix milliseconds; for stamps. */
export function serverTime(): number {
  const further = drift() - drifted;
  return Math.round(origin + performance.now() + (further > SLEPT_MS ? further : 0));
}

/** The server's time, Unix milliseconds, once a second; whoever shows a clock reads it. */
export const now = signal(serverTime());
setInterval(() => (now.value = serverTime()), 1000);

function set(time: number): void {
  origin = time - performance.now();
  drifted = drift();
  now.value = serverTime();
}

/** Takes the server's own time out of what it just told. */
export const clockSays = (timestamp: string): void => set(Date.parse(timestamp));

/** Takes it out of the `Date` of an answer. That has whole seconds, so a time within its second stays. */
export function dateSays(date: string | null): void {
  const second = Date.parse(date ?? "");
  if (Number.isNaN(second)) return;
  const time = Math.min(Math.max(serverTime(), second), second + 1000);
  if (time !== serverTime()) set(time);
}

/** As `fetch()`; each answer puts the clock right, so that it is so from the first connection on. */
export const timedFetch: typeof fetch = async (...request) => {
  const response = await fetch(...request);
  dateSays(response.headers.get("Date"));
  return response;
};

/** "0:07", "12:40", "1:02:03". */
export function duration(ms: number): string {
  const whole = Math.max(0, Math.floor(ms / 1000));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (value: number): string => String(value).padStart(2, "0");
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** How long ago the server's `timestamp` is now. */
export const age = (timestamp: string): string => duration(now.value - Date.parse(timestamp));
