import { signal } from "@preact/signals";

/**
 * What the page shows, kept in the address behind its "#", so that a refresh, a link and the browser's Back find it:
 * `view`, the conditions of a search, and `transfer` for the one whose steps are open.
 */
export type Route = Record<string, string>;

export const VIEWS = ["live", "figures", "find"] as const;
export type View = (typeof VIEWS)[number];

export const parse = (hash: string): Route =>
  Object.fromEntries(new URLSearchParams(hash.replace(/^#/, "")));

/** The address of a route, as a link has it. What is empty is left out. */
export function linkTo(route: Route): string {
  const given = Object.entries(route).filter(([, value]) => value !== "");
  return `#${new URLSearchParams(given)}`;
}

export const viewOf = (route: Route): View => VIEWS.find((view) => view === route.view) ?? "live";

export const route = signal<Route>(parse(globalThis.location?.hash ?? ""));
globalThis.addEventListener?.("hashchange", () => (route.value = parse(location.hash)));

export const go = (to: Route): void => {
  location.hash = linkTo(to);
};
