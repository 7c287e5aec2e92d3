import type { Transfer } from "@baton/client";

/** A number as people read it: +1 208 209 7345. Groups of three, since only the server knows the country's own. */
export function readable(number: string): string {
  const match = /^\+(1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|\d{3})(\d*)$/.exec(
    number,
  );
  if (!match) return number;
  const rest = match[2] ?? "";
  const groups =
    rest.length <= 4 ? [rest] : [...(rest.slice(0, -4).match(/\d{1,3}/g) ?? []), rest.slice(-4)];
  return `+${match[1]} ${groups.join(" ")}`.trim();
}

/** Whom a transfer goes to. */
export const destinationName = (transfer: Pick<Transfer, "destination">): string =>
  transfer.destination.name === transfer.destination.phoneNumber
    ? readable(transfer.destination.phoneNumber)
    : transfer.destination.name;
