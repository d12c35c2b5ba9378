/** What to tell a person of something that went wrong. */

import { ApiError } from "./api/http";
import { said, t } from "./i18n";

/** A sentence or two, and never code. */
export function explain(error: unknown): string {
  if (!(error instanceof ApiError)) {
    return t("error.internal");
  }
  if (error.code === "offline") {
    return t("error.offline");
  }
  const cause = said("media", error.code, said("code", error.code, error.message));
  const remedy = error.remedy && said("remedy", error.code, error.remedy);
  const support =
    error.status >= 500 && error.requestId && t("error.request", { id: error.requestId });
  return [cause, remedy, support].filter(Boolean).join(" ");
}
