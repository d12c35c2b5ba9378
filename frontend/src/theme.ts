/** Light, dark, or as the device is. */

export type Theme = "auto" | "light" | "dark";
export const THEMES: readonly Theme[] = ["auto", "light", "dark"];

const STORED = "magpie.theme";

export function theme(): Theme {
  const stored = localStorage.getItem(STORED);
  return THEMES.find((known) => known === stored) ?? "auto";
}

/** Anything that is no theme counts as `auto`. */
export function chooseTheme(chosen: string): void {
  localStorage.setItem(STORED, chosen);
  applyTheme();
}

export function applyTheme(): void {
  document.documentElement.dataset.theme = theme();
}
