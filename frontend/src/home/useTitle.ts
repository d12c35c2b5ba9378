import { useEffect } from "react";

import type { Download } from "../api/types";
import { percent } from "../format";
import { isFinal } from "../live/cache";

/** The window's title tells how far all that is active has come. */
export function useTitle(active: readonly Download[]): void {
  // What has just ended is among them until the server has said what became of it.
  const running = active.filter((item) => !isFinal(item.status));
  const sum = running.reduce((total, item) => total + item.progress, 0);
  const title = running.length > 0 ? `${percent(sum / running.length)} · Magpie` : "Magpie";
  useEffect(() => {
    document.title = title;
    return () => {
      document.title = "Magpie";
    };
  }, [title]);
}
