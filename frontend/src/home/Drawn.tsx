import { useMemo } from "react";

import type { Actions } from "./actions";
import { CollectionRow } from "./CollectionRow";
import { DownloadRow } from "./DownloadRow";
import type { Row } from "./rows";
import type { Stable } from "./useStable";

interface DrawnProps {
  row: Row;
  isOpen: boolean;
  isTicked: boolean;
  isHidden: boolean;
  actions: Actions;
  stable: Stable;
}

/** A row, whatever it is of. */
export function Drawn({ row, isOpen, isTicked, isHidden, actions, stable }: DrawnProps) {
  const { key } = row;
  const tick = useMemo(
    () => ({
      isTicked,
      onTick: (next: boolean, isRange: boolean) => {
        stable.onTick(key, next, isRange);
      },
    }),
    [isTicked, stable, key],
  );
  const shared = { actions, isHidden, tick: row.type === "child" ? null : tick };
  if (row.type === "collection") {
    const { kind, id, sample } = row;
    return (
      <CollectionRow {...shared} {...{ kind, id, sample, isOpen }} onToggle={stable.onToggle} />
    );
  }
  return <DownloadRow {...shared} download={row.download} isChild={row.type === "child"} />;
}
