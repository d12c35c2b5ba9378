/** The page's own line icons, on a grid of 24. They are decoration: whoever uses one names it. */

const PATHS = {
  menu: "M4 7h16M4 12h16M4 17h16",
  close: "M6 6l12 12M18 6 6 18",
  save: "M12 4v11m0 0 4.500-4.500M12 15l-4.500-4.500M5 19.500h14",
  retry: "M19 12a7 7 0 1 1-2.300-5.200M19 4v4h-4",
  remove: "M5 7h14M10 7V5h4v2m-7 0 .8 12h8.400L17 7M10 11v5m4-5v5",
  dots: "M6 12h.01M12 12h.01M18 12h.01",
  down: "m6 9.500 6 6 6-6",
  check: "m5 12.500 4.500 4.500L19 7.500",
  search: "M10.500 17a6.500 6.500 0 1 0 0-13 6.500 6.500 0 0 0 0 13Zm4.800-1.700L20 20",
  film: "M4 6h16v12H4zM8 6v12m8-12v12M4 12h4m8 0h4",
  note: "M9 18.500a2.500 2.500 0 1 1-2.500-2.500H9zm0 0V5.500l10-2v13m0 0a2.500 2.500 0 1 1-2.500-2.500H19z",
  list: "M8 6h12M8 12h12M8 18h12M4 6h.01M4 12h.01M4 18h.01",
  alert: "M12 8.500v4.500m0 3v.01M12 3.500l9 16H3z",
  clock: "M12 7.500V12l3 2m5.500-2a8.500 8.500 0 1 1-17 0 8.500 8.500 0 0 1 17 0Z",
  paste: "M9 5H6v15h12V5h-3M9 3.500h6v3H9z",
  eye: "M2.500 12S6 5.500 12 5.500 21.500 12 21.500 12 18 18.500 12 18.500 2.500 12 2.500 12Zm9.500 3a3 3 0 1 0 0-6 3 3 0 0 0 0 6Z",
  hide: "M4 4l16 16M10 6a9 9 0 0 1 2-.2c6.500 0 9.500 6.200 9.500 6.200a15 15 0 0 1-2.300 3.100M6.500 7.500A14 14 0 0 0 2.500 12S5.500 18.200 12 18.200a9 9 0 0 0 4-.9",
  share: "M12 15V4m0 0L8 8m4-4 4 4M6 11H5v9h14v-9h-1",
  back: "M19 12H5m0 0 6-6m-6 6 6 6",
  sliders:
    "M4 7h8m6 0h2M12 7a3 3 0 1 0 6 0 3 3 0 0 0-6 0ZM4 17h2m6 0h8M6 17a3 3 0 1 0 6 0 3 3 0 0 0-6 0Z",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, className = "" }: { name: IconName; className?: string }) {
  return (
    <svg
      className={`icon icon-${name} ${className}`}
      viewBox="0 0 24 24"
      aria-hidden="true"
      focusable="false"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}

/** The bird. */
export function Mark({ className = "" }: { className?: string }) {
  return (
    <svg className={className} viewBox="8 12 50 46" aria-hidden="true" focusable="false">
      <defs>
        <linearGradient id="tail" x1="0" y1="1" x2="1" y2="0">
          <stop offset="0" className="tail-a" />
          <stop offset=".5" className="tail-b" />
          <stop offset="1" className="tail-c" />
        </linearGradient>
      </defs>
      <path d="M10 55 35 33l6 8z" fill="url(#tail)" />
      <path
        className="bird"
        d="M24 33c0-10 8-17 17-17 6 0 10 3 11 7l4 2-4 2c-1 10-9 17-18 17-6 0-10-5-10-11z"
      />
      <path
        className="belly"
        d="M49.500 31c-1.700 6.200-7.500 10.800-13.500 11.500 4-2.800 7.200-7 8-12 1.800.700 3.700.900 5.500.500z"
      />
      <circle className="belly" cx="45" cy="22.5" r="1.700" />
    </svg>
  );
}
