import type { ComponentChildren, JSX, RefObject } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { t } from "./texts.ts";

/** How wide an element is, now and whenever that changes; 0 before it is known. */
export function useWidth<E extends Element>(): [RefObject<E | null>, number] {
  const element = useRef<E>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    if (!element.current) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry) setWidth(Math.floor(entry.contentRect.width));
    });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, []);
  return [element, width];
}

interface PictureProps {
  id: string;
  title: string;
  /** What it says, in a sentence or two. */
  summary?: string;
  /** The same figures as rows; without them the picture is a table already. */
  table?: JSX.Element;
  children: ComponentChildren;
}

/** A picture with what it says in words, and the same as a table. */
export function Picture({ id, title, summary, table, children }: PictureProps): JSX.Element {
  return (
    <section class="card picture" id={id} aria-labelledby={`${id}-title`}>
      <div>
        <h2 id={`${id}-title`}>{title}</h2>
        {summary ? <p class="quiet">{summary}</p> : null}
      </div>
      {children}
      {table ? (
        <details class="as-table">
          <summary>
            {t("asTable")}
            <span class="hidden">: {title}</span>
          </summary>
          <div class="scroll" tabIndex={0} role="group" aria-label={title}>
            {table}
          </div>
        </details>
      ) : null}
    </section>
  );
}
