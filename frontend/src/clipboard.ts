import { t } from "./i18n";
import { toasts } from "./ui/toasts";

/** Copies, and says so. Browsers offer it only where the connection is safe. */
export async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toasts.show(t("common.copied"));
  } catch {
    window.prompt(t("common.copy"), text);
  }
}
