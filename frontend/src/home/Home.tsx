import { getRouteApi } from "@tanstack/react-router";
import { useEffect, useState } from "react";

import { t } from "../i18n";
import { firstLink } from "../links";
import { Lists } from "./Lists";
import { Omnibox } from "./Omnibox";

const route = getRouteApi("/");

/** The page that most people never leave: the box, and what came of it. */
export function Home() {
  const { url, text, title } = route.useSearch();
  const navigate = route.useNavigate();
  const [prefill] = useState(() => firstLink(url, text, title, fromHash()));
  useEffect(() => {
    // Reloading must not ask again for what has been fetched.
    if (prefill) {
      void navigate({ search: {}, hash: "", replace: true });
    }
  }, [prefill, navigate]);
  return (
    <>
      <h1 className="mt-4 mb-5 text-center text-3xl sm:mt-8 sm:mb-6 sm:text-4xl">
        {t("app.tagline")}
      </h1>
      <Omnibox prefill={prefill} />
      <Lists />
    </>
  );
}

/** `/#https://…`, as bookmarks write it. */
function fromHash(): string {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return "";
  }
}
