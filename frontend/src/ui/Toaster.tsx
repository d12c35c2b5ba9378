import { useSyncExternalStore } from "react";

import { t } from "../i18n";
import { Icon } from "./Icon";
import { type Toast, toasts } from "./toasts";

export function Toaster() {
  const shown = useSyncExternalStore(toasts.subscribe, () => toasts.shown);
  const announced = useSyncExternalStore(toasts.subscribe, () => toasts.announced);
  return (
    <>
      <p className="sr-only" role="status">
        {announced}
      </p>
      <div
        role="status"
        className="pointer-events-none fixed inset-x-0 bottom-0 z-50 flex flex-col items-center gap-2 p-4 pb-[max(1rem,env(safe-area-inset-bottom))]"
      >
        {shown.map((toast) => (
          <Message key={toast.id} toast={toast} />
        ))}
      </div>
    </>
  );
}

function Message({ toast }: { toast: Toast }) {
  const colours = toast.isError ? "bg-bad-wash text-bad" : "bg-ink text-paper";
  const { action } = toast;
  return (
    <div
      className={`pointer-events-auto flex max-w-full items-center gap-2 rounded-xl ps-4 shadow-(--shadow) ${colours}`}
    >
      <p className="py-2.5">{toast.text}</p>
      {action && (
        <button
          type="button"
          className="min-h-11 px-2 font-semibold underline underline-offset-4"
          onClick={() => {
            action.run();
            toasts.dismiss(toast.id);
          }}
        >
          {action.label}
        </button>
      )}
      <button
        type="button"
        className="target"
        aria-label={t("common.close")}
        onClick={() => {
          toasts.dismiss(toast.id);
        }}
      >
        <Icon name="close" />
      </button>
    </div>
  );
}
