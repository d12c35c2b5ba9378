import { count } from "../format";
import { t, tn } from "../i18n";
import { MAX_LINKS } from "../links";
import type { Reading, Wrong } from "./reading";

interface CounterProps {
  reading: Reading;
  isTooMany: boolean;
  wrong: Wrong;
}

/** How many links there are, and which lines are none. */
export function Counter({ reading, isTooMany, wrong }: CounterProps) {
  const links = reading.lines.length;
  if (links < 2) {
    return null;
  }
  const known = { count: count(links), max: count(MAX_LINKS) };
  return (
    <div className="text-sm" role="status">
      <p className="flex flex-wrap gap-x-4 text-soft tabular-nums">
        <span className={isTooMany ? "font-semibold text-bad" : ""}>{t("add.counter", known)}</span>
        {reading.folded > 0 && (
          <span>{t("add.counter.folded", { ...known, folded: count(reading.folded) })}</span>
        )}
        {wrong.unread.size > 0 && (
          <span className="font-semibold text-bad">{tn("add.bad", wrong.unread.size)}</span>
        )}
        {isTooMany && <span className="text-bad">{t("add.tooMany", known)}</span>}
      </p>
      {[...wrong.answered].map(([number, reason]) => (
        <p key={number} className="text-bad">
          {t("add.bad.line", { line: number + 1, reason })}
        </p>
      ))}
    </div>
  );
}
