import { useMe } from "../session";
import { downloads } from "../api/calls";
import { explain } from "../failure";
import { t } from "../i18n";
import { parentOf } from "../live/cache";
import { Menu, type MenuEntry } from "../ui/Menu";
import { toasts } from "../ui/toasts";
import { type Target, useActions } from "./actions";
import { hiding } from "./hiding";

const PAGE = 200;
/** More failures than these are removed by asking again. */
const MOST_PAGES = 5;

/** Clearing the list of what one is done with. */
export function Tidy(props: { showsHidden: boolean; onShowHidden: (shows: boolean) => void }) {
  const { showsHidden, onShowHidden } = props;
  const { remove } = useActions();
  const user = useMe().data?.id ?? 0;
  const removeFailed = async () => {
    const targets = [...(await singlesThat("failed")), ...(await singlesThat("cancelled"))];
    if (targets.length > 0) {
      remove(targets);
    } else {
      toasts.show(t("list.tidy.failed.none"));
    }
  };
  const hideDone = () => {
    const undo = hiding.clear(new Date().toISOString());
    toasts.show(t("list.cleared"), { action: { label: t("row.undo"), run: undo } });
  };
  const entries = (): MenuEntry[] => {
    const { ids, clearedAt } = hiding.of(user);
    const hidesSome = ids.length > 0 || clearedAt !== null;
    return [
      { label: t("list.tidy.done"), icon: "hide", onSelect: hideDone },
      {
        label: t("list.tidy.failed"),
        icon: "remove",
        onSelect: () => {
          removeFailed().catch((error: unknown) => toasts.show(explain(error), { isError: true }));
        },
      },
      ...(hidesSome ? hiddenEntries(showsHidden, onShowHidden) : []),
    ];
  };
  return <Menu label={t("list.tidy")} icon="dots" entries={entries} />;
}

function hiddenEntries(shows: boolean, onShow: (shows: boolean) => void): MenuEntry[] {
  return [
    "rule",
    {
      label: t(shows ? "list.tidy.leave" : "list.tidy.show"),
      icon: "eye",
      onSelect: () => {
        onShow(!shows);
      },
    },
    {
      label: t("list.tidy.reset"),
      icon: "retry",
      onSelect: () => {
        hiding.reset();
      },
    },
  ];
}

/** Items of a batch stay with it, as what became of them is part of its tale. */
async function singlesThat(status: "failed" | "cancelled"): Promise<Target[]> {
  const found: Target[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const { items, next_cursor } = await downloads.list({ status, limit: PAGE, cursor });
    const singles = items.filter((item) => parentOf(item) === null);
    found.push(...singles.map(({ id }) => ({ kind: "single" as const, id })));
    if (next_cursor === null) {
      break;
    }
    cursor = next_cursor;
  }
  return found;
}
