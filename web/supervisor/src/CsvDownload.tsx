import { Icon } from "@baton/shared/icons.tsx";
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { type Conditions, queryOf } from "./search.ts";
import { csvSentence } from "./sentences.ts";
import { client, whyOf } from "./session.ts";
import { t } from "./texts.ts";

/** Downloads what is searched for, and says so where the file does not have all of it. */
export function CsvDownload({ conditions }: { conditions: Conditions }): JSX.Element {
  const busy = useSignal(false);
  const cut = useSignal("");
  const failure = useSignal("");
  const download = async (): Promise<void> => {
    busy.value = true;
    cut.value = failure.value = "";
    try {
      const csv = await client.transfersCsv(queryOf(conditions));
      save(csv.file);
      cut.value = csvSentence(csv);
    } catch (error) {
      failure.value = t("readFailed", { why: whyOf(error) });
    } finally {
      busy.value = false;
    }
  };
  return (
    <>
      <button type="button" disabled={busy.value} onClick={() => void download()}>
        <Icon name="download" />
        {busy.value ? t("exporting") : t("exportCsv")}
      </button>
      <p class="cut" role="status">
        {cut.value}
      </p>
      <p class="failure" role="alert">
        {failure.value}
      </p>
    </>
  );
}

function save(file: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = "transfers.csv";
  link.click();
  // The browser has taken it up by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
