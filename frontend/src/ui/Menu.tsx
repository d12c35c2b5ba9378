import { lazy, type ReactNode, Suspense, useState } from "react";

import { Icon, type IconName } from "./Icon";

export type MenuEntry =
  | "rule"
  | { label: string; icon?: IconName; onSelect: () => void }
  | { label: string; icon?: IconName; href: string }
  | {
      label: string;
      value: string;
      options: readonly (readonly [string, string])[];
      onChoose: (value: string) => void;
    };

interface Props {
  label: string;
  icon: IconName;
  entries: () => MenuEntry[];
}

const load = () => import("./MenuList");
const MenuList = lazy(() => load().then((module) => ({ default: module.MenuList })));

/**
 * A button that opens a list of actions. What it takes to open comes when someone is about to: there
 * may be a thousand rows with one each.
 */
export function Menu({ label, icon, entries }: Props) {
  const [wasOpened, setWasOpened] = useState(false);
  const button = (onClick?: () => void): ReactNode => (
    <button
      type="button"
      className="button button-bare button-icon"
      aria-label={label}
      aria-haspopup="menu"
      onPointerEnter={() => void load()}
      onFocus={() => void load()}
      onClick={onClick}
    >
      <Icon name={icon} />
    </button>
  );
  const closed = button(() => {
    setWasOpened(true);
  });
  return wasOpened ? (
    <Suspense fallback={closed}>
      <MenuList trigger={button()} entries={entries} />
    </Suspense>
  ) : (
    closed
  );
}
