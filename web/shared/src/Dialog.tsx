import { useLayoutEffect, useRef } from "preact/hooks";
import type { ComponentChildren, JSX } from "preact";
import { Icon } from "./icons.tsx";
import { t } from "./texts.ts";

interface DialogProps {
  title: string;
  name: string;
  close: () => void;
  children: ComponentChildren;
}

/** A modal dialog: the browser keeps the focus in it, closes it on Escape, and gives the focus back. */
export function Dialog({ title, name, close, children }: DialogProps): JSX.Element {
  const element = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const dialog = element.current;
    dialog?.showModal();
    // Closed before it is taken away: only then the focus goes back to where it was.
    return () => dialog?.close();
  }, []);
  return (
    <dialog
      ref={element}
      class={name}
      aria-labelledby={`${name}-title`}
      onCancel={(event) => {
        event.preventDefault(); // Whoever shows it takes it away.
        close();
      }}
      onClick={(event) => {
        if (event.target === element.current) close();
      }}
    >
      <div class="inside">
        <div class="title">
          <h2 id={`${name}-title`}>{title}</h2>
          <button type="button" class="plain" aria-label={t("close")} onClick={close}>
            <Icon name="close" />
          </button>
        </div>
        {children}
      </div>
    </dialog>
  );
}
