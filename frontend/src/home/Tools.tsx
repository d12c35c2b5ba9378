import type { Status, Totals } from "../api/types";
import { count } from "../format";
import { t } from "../i18n";
import { isFinal } from "../live/cache";
import { Icon } from "../ui/Icon";
import { type Sorting, SORTINGS } from "./sorting";
import { Tidy } from "./Tidy";

const FILTERS: readonly (Status | undefined)[] = [undefined, "completed", "failed", "cancelled"];

interface ToolsProps {
  status: Status | undefined;
  totals: Totals | undefined;
  search: string;
  onStatus: (status: Status | undefined) => void;
  onSearch: (search: string) => void;
  sorting: Sorting;
  onSort: (sorting: Sorting) => void;
  showsHidden: boolean;
  onShowHidden: (shows: boolean) => void;
}

/** Searching, filtering and sorting what has ended. */
export function Tools(props: ToolsProps) {
  const { status, totals, search, onStatus, onSearch, sorting, onSort } = props;
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
        <Tidy showsHidden={props.showsHidden} onShowHidden={props.onShowHidden} />
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
            className="reach min-h-9 rounded-lg px-3 whitespace-nowrap aria-pressed:bg-sheet aria-pressed:font-semibold aria-pressed:shadow-(--shadow)"
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
      <select
        className="field w-auto! ps-3 pe-2"
        aria-label={t("list.sort")}
        value={sorting}
        onChange={(event) => {
          onSort(SORTINGS.find((one) => one === event.target.value) ?? "newest");
        }}
      >
        {SORTINGS.map((one) => (
          <option key={one} value={one}>
            {t(`list.sort.${one}`)}
          </option>
        ))}
      </select>
    </div>
  );
}

function isEnded(status: Status): status is "completed" | "failed" | "cancelled" {
  return isFinal(status);
}
