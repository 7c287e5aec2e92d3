import { Dialog } from "@baton/shared/Dialog.tsx";
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { busy, moveContact, queueTargets, queueTargetsFailure } from "./session.ts";
import { t } from "./texts.ts";

interface Props {
  contactId: string;
  /** The name of the queue that he waits in. */
  queue: string;
  close: () => void;
}

/** Chooses the queue that a waiting customer is moved to. */
export function MoveDialog({ contactId, queue, close }: Props): JSX.Element {
  const targets = queueTargets.value;
  const others = targets?.filter((item) => (item.queue ?? item.name) !== queue) ?? [];
  const chosen = useSignal("");
  // The list may come while the dialog is open: until somebody chooses, its first is meant, as it is shown.
  const target = others.find((item) => item.endpointARN === chosen.value) ?? others[0];
  const waiting = busy.value.has(contactId);
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    if (target) await moveContact(contactId, target);
    close();
  };
  return (
    <Dialog title={t("moveTitle")} name="move" close={close}>
      <p>{t("moveHelp", { queue })}</p>
      {others.length === 0 ? (
        <p class="failure">
          {targets ? t("noOtherQueue") : queueTargetsFailure.value || t("unreachable")}
        </p>
      ) : (
        <form onSubmit={(event) => void submit(event)}>
          <label class="field">
            {t("moveTo")}
            <select
              value={target?.endpointARN}
              onChange={(event) => (chosen.value = event.currentTarget.value)}
            >
              {others.map((item) => (
                <option key={item.endpointARN} value={item.endpointARN}>
                  {item.name}
                </option>
              ))}
            </select>
          </label>
          <div class="actions">
            <button class="primary" disabled={waiting}>
              {waiting ? t("moving") : t("moveNow")}
            </button>
            <button type="button" onClick={close}>
              {t("leaveIt")}
            </button>
          </div>
        </form>
      )}
    </Dialog>
  );
}
