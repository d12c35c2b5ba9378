import { useEffect } from "react";

import type { Download } from "../api/types";
import { percent } from "../format";

/** The window's title tells how far all that is active has come. */
export function useTitle(active: readonly Download[]): void {
  const sum = active.reduce((total, item) => total + item.progress, 0);
  const title = active.length > 0 ? `${percent(sum / active.length)} · Magpie` : "Magpie";
  useEffect(() => {
    document.title = title;
    return () => {
      document.title = "Magpie";
    };
  }, [title]);
}
