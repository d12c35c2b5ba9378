import type { Status, Totals } from "../api/types";
import { count } from "../format";
import { t } from "../i18n";
import { isFinal } from "../live/cache";
import { Icon } from "../ui/Icon";
import { Tidy } from "./Tidy";

const FILTERS: readonly (Status | undefined)[] = [undefined, "completed", "failed", "cancelled"];

interface ToolsProps {
  status: Status | undefined;
  totals: Totals | undefined;
  search: string;
  onStatus: (status: Status | undefined) => void;
  onSearch: (search: string) => void;
  showsHidden: boolean;
  onShowHidden: (shows: boolean) => void;
}

/** Searching and filtering what has ended. */
export function Tools(props: ToolsProps) {
  const { status, totals, search, onStatus, onSearch, showsHidden, onShowHidden } = props;
  return (
    <div className="flex flex-wrap gap-2 py-3">
      <div className="relative min-w-48 flex-1">
        <Icon name="search" className="pointer-events-none absolute start-3 top-3 text-soft" />
        <input
          type="search"
          className="field ps-10"
          placeholder={t("list.search")}
          aria-label={t("list.search")}
          value={search}
          onChange={(event) => {
            onSearch(event.target.value);
          }}
        />
      </div>
      <div className="sm:order-last">
        <Tidy showsHidden={showsHidden} onShowHidden={onShowHidden} />
      </div>
      <div
        role="group"
        aria-label={t("list.filter")}
        className="flex max-w-full overflow-x-auto rounded-xl bg-sunk p-1"
      >
        {FILTERS.map((filter) => (
          <button
            key={filter ?? "all"}
            type="button"
            aria-pressed={filter === status}
            className="min-h-9 rounded-lg px-3 whitespace-nowrap aria-pressed:bg-sheet aria-pressed:font-semibold aria-pressed:shadow-(--shadow)"
            onClick={() => {
              onStatus(filter);
            }}
          >
            {t(`list.filter.${filter === undefined || !isEnded(filter) ? "all" : filter}`)}
            {filter && totals ? (
              <span className="ms-1.5 text-sm font-normal text-soft tabular-nums">
                {count(totals[filter])}
              </span>
            ) : null}
          </button>
        ))}
      </div>
    </div>
  );
}

function isEnded(status: Status): status is "completed" | "failed" | "cancelled" {
  return isFinal(status);
}
