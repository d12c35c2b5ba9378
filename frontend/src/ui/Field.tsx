import { type ComponentProps, type ReactNode, useId } from "react";

interface Props extends ComponentProps<"input"> {
  label: string;
  hint?: string | undefined;
  error?: string | undefined;
  /** Stands in the field, at its end. */
  extra?: ReactNode;
}

/** A labelled field that says what is wrong with it. */
export function Field({ label, hint, error, extra, className = "", ...input }: Props) {
  const id = useId();
  const note = error ?? hint;
  return (
    <div className={className}>
      <label className="mb-1 block text-sm font-medium" htmlFor={id}>
        {label}
      </label>
      <div className="relative">
        <input
          {...input}
          id={id}
          className="field"
          aria-invalid={error ? true : undefined}
          aria-describedby={note ? `${id}-note` : undefined}
        />
        {extra && <div className="absolute inset-y-0 end-0 flex">{extra}</div>}
      </div>
      {note && (
        <p id={`${id}-note`} className={`mt-1 text-sm ${error ? "text-bad" : "text-soft"}`}>
          {note}
        </p>
      )}
    </div>
  );
}
