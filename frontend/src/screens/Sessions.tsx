/** Where one is logged in. */

import { useQuery } from "@tanstack/react-query";

import { account } from "../api/calls";
import type { Session } from "../api/types";
import { dateTime } from "../format";
import { t } from "../i18n";
import { Section } from "./Screen";
import { useChange } from "./useChange";
import { Refusal } from "./Welcome";

export function Sessions() {
  const { data, error } = useQuery({ queryKey: ["sessions"], queryFn: account.sessions });
  const end = useChange("sessions", account.endSession);
  return (
    <Section title={t("account.sessions")}>
      {error && <Refusal error={error} />}
      <ul className="divide-y divide-line">
        {data?.items.map((session) => (
          <SessionRow
            key={session.id}
            session={session}
            onEnd={() => {
              end.mutate(session.id);
            }}
          />
        ))}
      </ul>
    </Section>
  );
}

function SessionRow({ session, onEnd }: { session: Session; onEnd: () => void }) {
  const name = programOf(session.user_agent);
  return (
    <li className="flex items-center justify-between gap-3 py-2">
      <div className="min-w-0">
        <p className="truncate font-medium" title={session.user_agent ?? undefined}>
          {name}
          {session.current && (
            <span className="ms-2 font-normal text-good">{t("account.sessions.current")}</span>
          )}
        </p>
        <p className="text-sm text-soft">
          {[session.address, t("account.sessions.since", { time: dateTime(session.created_at) })]
            .filter(Boolean)
            .join(" · ")}
        </p>
      </div>
      {!session.current && (
        <button
          type="button"
          className="button button-plain"
          aria-label={t("account.sessions.endNamed", { name })}
          onClick={onEnd}
        >
          {t("account.sessions.end")}
        </button>
      )}
    </li>
  );
}

const PROGRAMS = ["Firefox", "Edg", "OPR", "Chrome", "Safari", "curl"] as const;
const SYSTEMS = ["Android", "iPhone", "iPad", "Windows", "Mac OS", "Linux"] as const;

/** `Firefox, Android` of a user agent; its first word where it names none that people know. */
export function programOf(agent: string | null): string {
  if (!agent) {
    return t("account.sessions.unknown");
  }
  const program = PROGRAMS.find((name) => agent.includes(name));
  const system = SYSTEMS.find((name) => agent.includes(name));
  const known = program === "Edg" ? "Edge" : program === "OPR" ? "Opera" : program;
  return [known ?? agent.split(/[\s/]/)[0], system].filter(Boolean).join(", ");
}
