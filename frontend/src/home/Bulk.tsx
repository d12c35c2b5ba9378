import { count } from "../format";
import { t, tn } from "../i18n";
import { isFinal } from "../live/cache";
import { Icon } from "../ui/Icon";
import { type Target, useActions } from "./actions";
import type { Row } from "./rows";

/** What can be done with all ticked rows at once. */
export function Bulk(props: { rows: Row[]; isAll: boolean; onAll: (isTicked: boolean) => void }) {
  const { rows, isAll, onAll } = props;
  const actions = useActions();
  const running = rows.filter((row) => row.type === "collection" || !isFinal(row.download.status));
  const again = rows.filter(
    (row) =>
      row.type === "collection" ||
      row.download.status === "failed" ||
      row.download.status === "cancelled",
  );
  const over = rows.filter((row) => row.type === "collection" || isFinal(row.download.status));
  const hasFiles = rows.some((row) => row.type === "collection" || row.download.file_url);
  const act = (act: (targets: Target[]) => void, on: Row[]) => () => {
    act(on.map(targetOf));
    onAll(false);
  };
  return (
    <div
      role="region"
      aria-label={tn("list.selected", rows.length)}
      className="sheet fixed inset-x-3 bottom-3 z-40 mx-auto flex max-w-3xl flex-wrap items-center gap-2 p-2 ps-4 shadow-(--shadow)"
    >
      <label className="flex min-h-11 items-center gap-2">
        <input
          type="checkbox"
          className="tick"
          aria-label={t("list.selectAll")}
          checked={isAll}
          onChange={(event) => {
            onAll(event.target.checked);
          }}
        />
        <span role="status">{tn("list.selected", rows.length, { count: count(rows.length) })}</span>
      </label>
      <span className="flex-1" />
      {running.length > 0 && (
        <button
          type="button"
          className="button button-plain"
          onClick={act(actions.cancel, running)}
        >
          {t("row.cancel")}
        </button>
      )}
      {again.length > 0 && (
        <button type="button" className="button button-plain" onClick={act(actions.retry, again)}>
          {t("row.retry")}
        </button>
      )}
      {over.length > 0 && (
        <button type="button" className="button button-plain" onClick={act(actions.hide, over)}>
          <Icon name="hide" />
          {t("bulk.hide")}
        </button>
      )}
      <button
        type="button"
        className="button button-plain"
        onClick={act(hasFiles ? actions.askToDelete : actions.remove, rows)}
      >
        <Icon name="remove" />
        {t(hasFiles ? "row.deleteMany" : "row.remove")}
      </button>
    </div>
  );
}

function targetOf(row: Row): Target {
  return row.type === "collection"
    ? { kind: row.kind, id: row.id }
    : { kind: "single", id: row.download.id };
}
