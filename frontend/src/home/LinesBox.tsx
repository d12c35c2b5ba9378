import { type ComponentProps, type Ref, useState } from "react";

interface Props extends ComponentProps<"textarea"> {
  ref: Ref<HTMLTextAreaElement>;
  value: string;
  /** The numbers, from 0, of lines with something wrong. */
  badLines: ReadonlySet<number>;
}

const MOST_ROWS = 10;
const LINE_REM = 1.75;

/** The box for links. With more than one line it numbers them, and marks those that are none. */
export function LinesBox({ badLines, value, ref, ...textarea }: Props) {
  const [scrolled, setScrolled] = useState(0);
  const lines = value.split("\n");
  const isMany = lines.length > 1;
  return (
    <div className="relative flex min-w-0 flex-1 overflow-hidden">
      {isMany && (
        <ol
          aria-hidden="true"
          className="w-9 shrink-0 py-2 text-end text-sm leading-7 text-soft tabular-nums select-none"
          style={{ transform: `translateY(${-scrolled}px)` }}
        >
          {lines.map((_, number) => (
            <li
              key={number}
              data-bad={badLines.has(number) || undefined}
              className="rounded-s-md pe-2 data-bad:bg-bad-wash data-bad:font-bold data-bad:text-bad"
            >
              {number + 1}
            </li>
          ))}
        </ol>
      )}
      <div className="relative min-w-0 flex-1">
        {isMany && (
          <div
            aria-hidden="true"
            className="pointer-events-none absolute inset-x-0 top-2"
            style={{ transform: `translateY(${-scrolled}px)` }}
          >
            {[...badLines].map((number) => (
              <span
                key={number}
                className="absolute inset-x-0 h-7 rounded-e-md bg-bad-wash"
                style={{ insetBlockStart: `${number * LINE_REM}rem` }}
              />
            ))}
          </div>
        )}
        <textarea
          {...textarea}
          ref={ref}
          value={value}
          rows={Math.min(lines.length, MOST_ROWS)}
          wrap="off"
          spellCheck={false}
          autoCapitalize="none"
          autoCorrect="off"
          dir="ltr"
          className="relative block w-full resize-none bg-transparent px-2 py-2 leading-7 outline-none"
          onScroll={(event) => {
            setScrolled(event.currentTarget.scrollTop);
          }}
        />
      </div>
    </div>
  );
}
