import { type ReactNode, useEffect, useId, useRef } from "react";

import { t } from "../i18n";
import { Icon } from "./Icon";

interface Props {
  title: string;
  onClose: () => void;
  children: ReactNode;
}

/**
 * A modal dialog: the browser's own, which traps the focus and gives it back. Libraries do it with a
 * style element of their own, which the page's policy forbids.
 */
export function Dialog({ title, onClose, children }: Props) {
  const ref = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const dialog = ref.current;
    dialog?.showModal();
    return () => {
      dialog?.close();
    };
  }, []);
  return (
    <dialog
      ref={ref}
      aria-labelledby={heading}
      onCancel={onClose}
      onClick={(event) => {
        if (event.target === ref.current) {
          onClose();
        }
      }}
      className="sheet h-dvh max-h-[min(100dvh,46rem)] w-full max-w-full p-0 max-sm:mb-0 max-sm:max-h-[92dvh] max-sm:rounded-b-none sm:max-w-2xl"
    >
      <div className="flex h-full flex-col">
        <header className="flex items-center justify-between gap-3 border-b border-line py-2 ps-5 pe-2">
          <h2 id={heading} className="text-xl">
            {title}
          </h2>
          <button
            type="button"
            className="button button-bare button-icon"
            onClick={onClose}
            aria-label={t("common.close")}
          >
            <Icon name="close" />
          </button>
        </header>
        {children}
      </div>
    </dialog>
  );
}
