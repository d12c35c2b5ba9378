/** Numbers, sizes and times as people of this language write them. */

import { locale } from "./i18n";

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;
const formats = new Map<string, Intl.NumberFormat>();

function numbers(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = JSON.stringify(options);
  const known = formats.get(key) ?? new Intl.NumberFormat(locale(), options);
  formats.set(key, known);
  return known;
}

export function bytes(count: number): string {
  let value = count;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const maximumFractionDigits = value < 9.95 && unit > 1 ? 1 : 0;
  const style = { style: "unit", unit: UNITS[unit] ?? "byte", unitDisplay: "short" } as const;
  return numbers({ ...style, maximumFractionDigits }).format(value);
}

export function count(value: number): string {
  return numbers({}).format(value);
}

/** `progress` counts to 100; what is not finished is never shown as 100 %. */
export function percent(progress: number): string {
  return numbers({ style: "percent", maximumFractionDigits: 0 }).format(Math.floor(progress) / 100);
}

/** 75 s as `1:15`, as players show it. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes, rest] = [
    Math.floor(whole / 3600),
    Math.floor(whole / 60) % 60,
    whole % 60,
  ];
  const padded = (value: number) => String(value).padStart(2, "0");
  return hours > 0 ? `${hours}:${padded(minutes)}:${padded(rest)}` : `${minutes}:${padded(rest)}`;
}

const moments = new Map<string, Intl.DateTimeFormat>();

/** Making one of these takes longer than a row takes to draw. */
function moment(time: string, options: Intl.DateTimeFormatOptions): string {
  const key = JSON.stringify(options);
  const known = moments.get(key) ?? new Intl.DateTimeFormat(locale(), options);
  moments.set(key, known);
  return known.format(new Date(time));
}

export function date(time: string): string {
  return moment(time, { dateStyle: "medium" });
}

export function dateTime(time: string): string {
  return moment(time, { dateStyle: "medium", timeStyle: "short" });
}

export function timeOfDay(time: string): string {
  return moment(time, { timeStyle: "medium" });
}

let spans: Intl.RelativeTimeFormat | undefined;

const STEPS = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
] as const;

/** `3 minutes ago`, `in 7 days`. */
export function relative(time: string, now: number): string {
  const seconds = (Date.parse(time) - now) / 1000;
  spans ??= new Intl.RelativeTimeFormat(locale(), { numeric: "auto" });
  for (const [unit, size] of STEPS) {
    if (Math.abs(seconds) >= size) {
      return spans.format(Math.trunc(seconds / size), unit);
    }
  }
  return spans.format(0, "minute");
}
