/** Handing a file to another app of the device, where saving is not what people do with files. */

import type { Download } from "../api/types";
import { explain } from "../failure";
import { t } from "../i18n";
import { toasts } from "../ui/toasts";
import { titleOf } from "./wording";

/** The whole file has to be in memory. */
const MAX_BYTES = 80_000_000;

/** Only where fingers are: at a desk a file is saved. Browsers offer it over https alone. */
export function canShare({ file_url, file_size, status }: Download): boolean {
  const fits = status === "completed" && Boolean(file_url) && (file_size ?? Infinity) <= MAX_BYTES;
  return fits && "canShare" in navigator && matchMedia("(pointer: coarse)").matches;
}

/**
 * Fetches the file, and then offers to share it: browsers allow that only just after a touch, which
 * by then is long past.
 */
export async function shareFile(download: Download): Promise<void> {
  const fetching = toasts.show(t("row.share.fetching"), { isLasting: true });
  try {
    const answer = await fetch(download.file_url ?? "");
    if (!answer.ok) {
      throw new Error(`${answer.status} for a file to share`);
    }
    const blob = await answer.blob();
    const title = titleOf(download);
    const files = [new File([blob], download.filename ?? title, { type: blob.type })];
    const share = () => {
      // Whoever closes the sheet has decided.
      navigator.share({ files, title }).catch(() => undefined);
    };
    toasts.show(t("row.share.ready", { title }), {
      isLasting: true,
      action: { label: t("row.share.now"), run: share },
    });
  } catch (error) {
    toasts.show(explain(error), { isError: true });
  } finally {
    toasts.dismiss(fetching);
  }
}
