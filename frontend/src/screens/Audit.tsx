/** Who did what, for administrators. */

import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";

import { admin } from "../api/calls";
import { AUDIT_ACTIONS, type AuditAction, type AuditEvent } from "../api/types";
import { dateTime } from "../format";
import { t } from "../i18n";
import { useMe } from "../session";
import { Screen } from "./Screen";
import { programOf } from "./Sessions";
import { Refusal } from "./Welcome";

export function Audit() {
  const { data: me } = useMe();
  return (
    <Screen title={t("audit.title")}>
      {me?.role === "admin" ? <Log /> : <p>{t("users.forbidden")}</p>}
    </Screen>
  );
}

function Log() {
  const [action, setAction] = useState<AuditAction | undefined>(undefined);
  const log = useInfiniteQuery({
    queryKey: ["audit", action],
    queryFn: ({ pageParam }) => admin.audit(action, pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    staleTime: 0,
  });
  const events = log.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      <select
        className="field w-auto! justify-self-start"
        aria-label={t("audit.filter")}
        value={action ?? ""}
        onChange={(event) => {
          setAction(AUDIT_ACTIONS.find((one) => one === event.target.value));
        }}
      >
        <option value="">{t("audit.all")}</option>
        {AUDIT_ACTIONS.map((one) => (
          <option key={one} value={one}>
            {t(`audit.action.${one}`)}
          </option>
        ))}
      </select>
      {log.error && <Refusal error={log.error} />}
      {log.isSuccess && events.length === 0 && <p className="text-soft">{t("audit.none")}</p>}
      <ul className="divide-y divide-line">
        {events.map((event) => (
          <Entry key={event.id} event={event} />
        ))}
      </ul>
      {log.hasNextPage && (
        <button
          type="button"
          className="button button-plain mx-auto"
          disabled={log.isFetching}
          onClick={() => void log.fetchNextPage()}
        >
          {t("common.more")}
        </button>
      )}
    </>
  );
}

function Entry({ event }: { event: AuditEvent }) {
  const { actor, action, outcome, target, address, user_agent, request_id, at } = event;
  const facts = [
    address,
    user_agent && programOf(user_agent),
    target,
    t("error.request", { id: request_id }),
  ];
  return (
    <li className="py-3">
      <p className="flex flex-wrap items-baseline gap-x-3">
        <span className="font-semibold">{actor ?? t("audit.nobody")}</span>
        <span className={outcome === "success" ? "" : "text-bad"}>
          {t(`audit.action.${action}`)}
          {outcome !== "success" && `: ${t(`audit.outcome.${outcome}`)}`}
        </span>
        <time className="text-sm text-soft sm:ms-auto" dateTime={at}>
          {dateTime(at)}
        </time>
      </p>
      <p className="flex flex-wrap gap-x-3 text-sm text-soft">
        {facts.filter(Boolean).map((fact) => (
          <span key={fact}>{fact}</span>
        ))}
      </p>
    </li>
  );
}
