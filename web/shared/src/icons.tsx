import type { JSX } from "preact";

/** Line icons of one weight; each stands beside a word or in a named button, so they say nothing to a screen reader. */
const PATHS = {
  phone:
    "M5 4h4l2 5-2.5 1.5a11 11 0 0 0 5 5L15 13l5 2v4a1 1 0 0 1-1 1A15 15 0 0 1 4 5a1 1 0 0 1 1-1z",
  hangUp: "M3 14c5-5 13-5 18 0l-2.5 3-3.5-1.5V13a12 12 0 0 0-6 0v2.5L5.500 17z",
  pause: "M9 5v14M15 5v14",
  play: "M8 5l10 7-10 7z",
  mic: "M12 4a2.500 2.500 0 0 1 2.500 2.500v5a2.500 2.500 0 0 1-5 0v-5A2.500 2.500 0 0 1 12 4zM6 11a6 6 0 0 0 12 0M12 17v3",
  keypad: "M6 6h.01M12 6h.01M18 6h.01M6 12h.01M12 12h.01M18 12h.01M6 18h.01M12 18h.01M18 18h.01",
  transfer: "M4 8h13l-3.500-3.500M20 16H7l3.500 3.500",
  star: "M12 4l2.500 5.200 5.500.7-4 3.900 1 5.700-5-2.700-5 2.700 1-5.700-4-3.900 5.500-.7z",
  back: "M9 7l-5 5 5 5M4 12h11a5 5 0 0 1 5 5v1",
  check: "M5 12.500l4.500 4.500L19 7.500",
  download: "M12 4v11M7 10.500l5 5 5-5M5 20h14",
  close: "M6 6l12 12M18 6L6 18",
} as const;

export function Icon({ name }: { name: keyof typeof PATHS }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
