/** Everything the page says. The language is settled before the first paint; changing it reloads. */

import { en, type Key } from "./en";

export type Language = "en" | "de";
export const LANGUAGES: Record<Language, string> = { en: "English", de: "Deutsch" };

const STORED = "magpie.language";
type Values = Record<string, string | number>;

let current: Language = "en";
let catalogue: Record<string, string> = en;
let plurals = new Intl.PluralRules(current);

export function language(): Language {
  return current;
}

/** How numbers and dates are written: as the browser's own variety of the language does. */
export function locale(): string {
  return navigator.languages.find((tag) => tag.startsWith(current)) ?? current;
}

/** Settles the language: what was chosen here, else what the browser prefers. */
export async function loadLanguage(): Promise<void> {
  const wanted = [localStorage.getItem(STORED), ...navigator.languages];
  current = wanted.map((tag) => tag?.slice(0, 2)).find(isLanguage) ?? "en";
  if (current === "de") {
    catalogue = (await import("./de")).de;
  }
  plurals = new Intl.PluralRules(current);
  document.documentElement.lang = current;
  document.documentElement.dir = "ltr";
}

export function chooseLanguage(chosen: string): void {
  localStorage.setItem(STORED, chosen);
  location.reload();
}

export function t(key: Key, values: Values = {}): string {
  return fill(catalogue[key] ?? en[key], values);
}

type Counted = Key extends infer K ? (K extends `${infer Stem}_other` ? Stem : never) : never;

/** As `t`, in the form that the number wants. */
export function tn(stem: Counted, count: number, values: Values = {}): string {
  const key: Key = `${stem}_${plurals.select(count) === "one" ? "one" : "other"}`;
  return t(key, { count, ...values });
}

/** What this language says for a code of the server; the server's own words where it says nothing. */
export function said(family: "code" | "media" | "remedy", code: string, otherwise: string): string {
  return catalogue[`${family}.${code}`] ?? otherwise;
}

/** `German` of `de`; the tag itself where there is no such language. */
export function languageName(tag: string): string {
  try {
    return new Intl.DisplayNames(locale(), { type: "language" }).of(tag) ?? tag;
  } catch {
    return tag;
  }
}

function fill(text: string, values: Values): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

function isLanguage(tag: string | undefined): tag is Language {
  return tag !== undefined && tag in LANGUAGES;
}
