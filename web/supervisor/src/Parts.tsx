import type { JSX } from "preact";
import { type Counts, type Part, PARTS } from "./figures.ts";
import { tOf } from "./texts.ts";

/** What each outcome looks like: a colour and a pattern, so that it is known without the colour. */

const LINES: Record<Part, string> = {
  connected: "",
  returned: "M-2 2l4-4M0 8l8-8M6 10l4-4",
  canceled: "M2 2h.01M6 6h.01",
  failed: "M0 0l8 8M8 0l-8 8",
  abandoned: "M0 2h8M0 6h8",
  handedOver: "M2 0v8M6 0v8",
  open: "M-2 6l4 4M0 0l8 8M6-2l4 4",
};

export const fillOf = (part: Part): string => `url(#part-${part})`;

/** The patterns; once on a page that has pictures. */
export function Patterns(): JSX.Element {
  return (
    <svg class="defs" width="0" height="0" aria-hidden="true" focusable="false">
      <defs>
        {PARTS.map((part) => (
          <pattern
            key={part}
            id={`part-${part}`}
            width="8"
            height="8"
            patternUnits="userSpaceOnUse"
          >
            <rect width="8" height="8" class={`part ${part}`} />
            <path d={LINES[part]} class="hatch" />
          </pattern>
        ))}
      </defs>
    </svg>
  );
}

export function Swatch({ part }: { part: Part }): JSX.Element {
  return (
    <svg class="swatch" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <rect width="16" height="16" rx="3" fill={fillOf(part)} />
    </svg>
  );
}

export const partName = (part: string): string => tOf("outcome", part);

/** Those of the parts that there are any of. */
export const partsIn = (counts: readonly Counts[]): Part[] =>
  PARTS.filter((part) => counts.some((one) => one[part] > 0));

export function Legend({ parts }: { parts: readonly Part[] }): JSX.Element {
  return (
    <ul class="legend">
      {parts.map((part) => (
        <li key={part}>
          <Swatch part={part} />
          {partName(part)}
        </li>
      ))}
    </ul>
  );
}

/** Counts as one bar, each part as wide as its share. */
export function PartBar({ counts, most }: { counts: Counts; most: number }): JSX.Element {
  let x = 0;
  const width = (count: number): number => (count / Math.max(1, most)) * 200;
  return (
    <svg class="part-bar" viewBox="0 0 200 12" preserveAspectRatio="none" aria-hidden="true">
      {PARTS.map((part) => {
        const at = x;
        x += width(counts[part]);
        return (
          <rect key={part} x={at} width={width(counts[part])} height="12" class={`part ${part}`} />
        );
      })}
    </svg>
  );
}
