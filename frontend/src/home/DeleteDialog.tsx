import { useEffect, useId, useRef, useSyncExternalStore } from "react";

import { t, tn } from "../i18n";
import { useActions } from "./actions";
import { deletions } from "./deletions";

/** Asks before files go, which nothing brings back. */
export function DeleteDialog() {
  const doomed = useSyncExternalStore(deletions.subscribe, () => deletions.doomed);
  return doomed.length > 0 ? <Question /> : null;
}

function Question() {
  const { doomed } = deletions;
  const { destroy } = useActions();
  const ref = useRef<HTMLDialogElement>(null);
  const [title, text] = [useId(), useId()];
  useEffect(() => {
    const dialog = ref.current;
    dialog?.showModal();
    return () => {
      dialog?.close();
    };
  }, []);
  const keep = () => {
    deletions.ask([]);
  };
  return (
    <dialog
      ref={ref}
      role="alertdialog"
      aria-labelledby={title}
      aria-describedby={text}
      onCancel={keep}
      className="sheet w-[min(26rem,calc(100%-2rem))] p-6"
    >
      <h2 id={title} className="text-xl">
        {tn("delete.title", doomed.length)}
      </h2>
      <p id={text} className="mt-2 text-soft">
        {tn("delete.text", doomed.length)}
      </p>
      <div className="mt-5 flex flex-wrap justify-end gap-2">
        <button type="button" className="button button-plain" onClick={keep} autoFocus>
          {t("delete.no")}
        </button>
        <button
          type="button"
          className="button button-danger"
          onClick={() => {
            keep();
            destroy(doomed);
          }}
        >
          {t("delete.yes")}
        </button>
      </div>
    </dialog>
  );
}
