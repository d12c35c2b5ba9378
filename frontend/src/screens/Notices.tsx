import { useState } from "react";

import { t } from "../i18n";
import { canNotify, turnOff, turnOn, wantsNotices } from "../live/notices";
import { Section } from "./Screen";

/** Whether this browser tells of what ends while nobody looks. */
export function Notices() {
  const [isOn, setOn] = useState(wantsNotices);
  const [isDenied, setDenied] = useState(false);
  const change = async (wanted: boolean) => {
    if (!wanted) {
      turnOff();
    }
    const isAllowed = wanted && (await turnOn());
    setOn(isAllowed);
    setDenied(wanted && !isAllowed);
  };
  return (
    <Section title={t("account.notices")}>
      <label className="flex min-h-11 cursor-pointer items-center gap-3">
        <input
          type="checkbox"
          className="tick shrink-0"
          checked={isOn}
          disabled={!canNotify()}
          aria-describedby="notices-note"
          onChange={(event) => void change(event.target.checked)}
        />
        {t("account.notices.want")}
      </label>
      <p
        id="notices-note"
        role="status"
        className={`text-sm ${isDenied ? "text-bad" : "text-soft"}`}
      >
        {t(
          isDenied
            ? "account.notices.denied"
            : canNotify()
              ? "account.notices.hint"
              : "account.notices.insecure",
        )}
      </p>
    </Section>
  );
}
