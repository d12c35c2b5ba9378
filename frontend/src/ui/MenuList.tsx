import { DropdownMenu } from "radix-ui";
import { Fragment, type ReactNode } from "react";

import { Icon } from "./Icon";
import type { MenuEntry } from "./Menu";

interface Props {
  trigger: ReactNode;
  entries: () => MenuEntry[];
}

const ITEM =
  "flex min-h-11 w-full cursor-pointer items-center gap-3 rounded-lg px-3 text-start outline-none data-[highlighted]:bg-wash";

/** The list of a menu, open from the start. Not modal: that would need a style element. */
export function MenuList({ trigger, entries }: Props) {
  return (
    <DropdownMenu.Root modal={false} defaultOpen>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align="end"
          sideOffset={4}
          collisionPadding={8}
          className="sheet z-40 max-h-(--radix-dropdown-menu-content-available-height) min-w-52 overflow-y-auto p-1.5 shadow-(--shadow)"
        >
          {entries().map((entry, index) => (
            <Fragment key={index}>{draw(entry)}</Fragment>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

function draw(entry: MenuEntry): ReactNode {
  if (entry === "rule") {
    return <DropdownMenu.Separator className="my-1.5 h-px bg-line" />;
  }
  if ("options" in entry) {
    return <Choice {...entry} />;
  }
  const content = (
    <>
      {entry.icon && <Icon name={entry.icon} className="text-soft" />}
      {entry.label}
    </>
  );
  if ("href" in entry) {
    return (
      <DropdownMenu.Item className={ITEM} asChild>
        <a href={entry.href} target="_blank" rel="noreferrer noopener">
          {content}
        </a>
      </DropdownMenu.Item>
    );
  }
  return (
    <DropdownMenu.Item className={ITEM} onSelect={entry.onSelect}>
      {content}
    </DropdownMenu.Item>
  );
}

function Choice({ label, value, options, onChoose }: Extract<MenuEntry, { value: string }>) {
  return (
    <DropdownMenu.RadioGroup value={value} onValueChange={onChoose} aria-label={label}>
      <DropdownMenu.Label className="px-3 pt-2 text-sm text-soft">{label}</DropdownMenu.Label>
      {options.map(([option, text]) => (
        <DropdownMenu.RadioItem key={option} value={option} className={ITEM}>
          <span className="w-5">
            <DropdownMenu.ItemIndicator>
              <Icon name="check" />
            </DropdownMenu.ItemIndicator>
          </span>
          {text}
        </DropdownMenu.RadioItem>
      ))}
    </DropdownMenu.RadioGroup>
  );
}
