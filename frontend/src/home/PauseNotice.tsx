import type { Download } from "../api/types";
import { t } from "../i18n";
import { Icon } from "../ui/Icon";
import { pauseOf } from "./wording";

/** Why what waits is not begun, while the site has asked to be left alone. */
export function PauseNotice({ items }: { items: readonly Download[] }) {
  const until = items.flatMap((item) => (pauseOf(item) ? [item.paused_until ?? ""] : [])).sort();
  const last = items.find((item) => item.paused_until === until.at(-1));
  const pause = last && pauseOf(last);
  return pause && until.length > 1 ? (
    <p
      role="status"
      className="mt-3 flex items-start gap-2 rounded-xl bg-warn-wash px-4 py-2.5 text-warn"
    >
      <Icon name="clock" className="mt-0.5" />
      {t("list.paused", pause)}
    </p>
  ) : null;
}
