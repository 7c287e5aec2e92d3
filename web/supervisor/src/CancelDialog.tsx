import { Dialog } from "@baton/shared/Dialog.tsx";
import type { JSX } from "preact";
import type { Watched } from "./live.ts";
import { custodySentence, partiesOf, stateSentence } from "./sentences.ts";
import { busy, cancelTransfer, live } from "./session.ts";
import { t } from "./texts.ts";

interface Props {
  transfer: Watched;
  close: () => void;
}

/** Asks once more, since both the agent and the customer notice it. */
export function CancelDialog({ transfer, close }: Props): JSX.Element {
  const waiting = busy.value.has(transfer.transferId);
  // As it stands now: it may have come further since the dialog was opened.
  const now = live.value.open.find((one) => one.transferId === transfer.transferId) ?? transfer;
  const submit = async (): Promise<void> => {
    await cancelTransfer(transfer);
    close();
  };
  return (
    <Dialog title={t("cancelTitle")} name="cancel" close={close}>
      <p>
        <strong>{t("transferOf", partiesOf(now))}</strong>: {stateSentence(now)}.{" "}
        {custodySentence(now)}.
      </p>
      <p>{t("cancelHelp", partiesOf(now))}</p>
      <div class="actions">
        <button type="button" class="danger" disabled={waiting} onClick={() => void submit()}>
          {waiting ? t("canceling") : t("cancel")}
        </button>
        <button type="button" onClick={close}>
          {t("leaveIt")}
        </button>
      </div>
    </Dialog>
  );
}
