/** One's own account: usage, password, sessions, keys. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";

import { account } from "../api/calls";
import type { ApiKey, Profile, Session } from "../api/types";
import { copyText } from "../clipboard";
import { explain } from "../failure";
import { bytes, count, dateTime, relative } from "../format";
import { t } from "../i18n";
import { useNow } from "../now";
import { useMe } from "../session";
import { Bar } from "../ui/Bar";
import { Field } from "../ui/Field";
import { toasts } from "../ui/toasts";
import { Screen, Section } from "./Screen";
import { Password, Refusal, useForm } from "./Welcome";

export function Account() {
  const { data: me } = useMe();
  return (
    <Screen title={t("account.title")}>
      {me && <Usage me={me} />}
      <Bookmark />
      <ChangePassword />
      <Sessions />
      <Keys />
    </Screen>
  );
}

function Usage({ me }: { me: Profile }) {
  const { usage, quota } = me;
  const line = (
    name: string,
    used: number,
    limit: number | null,
    show: (value: number) => string,
  ) => (
    <li className="py-2">
      <p className="flex justify-between gap-4">
        <span>{name}</span>
        <span className="text-soft tabular-nums">
          {t("account.usage.of", {
            used: show(used),
            limit: limit === null ? t("account.usage.unlimited") : show(limit),
          })}
        </span>
      </p>
      {limit !== null && <Bar progress={limit > 0 ? (used / limit) * 100 : 100} label={name} />}
    </li>
  );
  return (
    <Section title={me.username}>
      <p className="text-soft">
        {me.email} · {t(`users.role.${me.role}`)}
      </p>
      <ul className="mt-2">
        {line(t("account.usage.stored"), usage.stored_bytes, quota.max_stored_bytes, bytes)}
        {line(t("account.usage.today"), usage.downloads_today, quota.max_downloads_per_day, count)}
        {line(t("account.usage.active"), usage.active_downloads, quota.max_active_downloads, count)}
      </ul>
    </Section>
  );
}

/** A bookmark that brings the link of any page here. It runs on that page, not on this one. */
function Bookmark() {
  const link = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    // React refuses such addresses, rightly, wherever they could come from someone else.
    const address = `javascript:location.href='${location.origin}/?url='+encodeURIComponent(location.href)`;
    link.current?.setAttribute("href", address);
  }, []);
  return (
    <Section title={t("account.bookmark")}>
      <p className="mb-3 text-soft">{t("account.bookmark.hint")}</p>
      <a
        ref={link}
        className="button button-plain"
        draggable
        onClick={(event) => {
          event.preventDefault();
        }}
      >
        {t("account.bookmark.name")}
      </a>
    </Section>
  );
}

function ChangePassword() {
  const client = useQueryClient();
  const form = useForm(async (fields, element) => {
    await account.changePassword(fields("current"), fields("new"));
    element.reset();
    toasts.show(t("account.password.done"));
    await client.invalidateQueries({ queryKey: ["sessions"] });
  });
  return (
    <Section title={t("account.password")}>
      <form className="grid max-w-md gap-4" onSubmit={form.submit} noValidate>
        <Password
          name="current"
          label={t("account.password.current")}
          autoComplete="current-password"
        />
        <Password
          name="new"
          label={t("account.password.new")}
          hint={t("welcome.password.hint")}
          autoComplete="new-password"
        />
        <Refusal error={form.error} />
        <button className="button button-main" disabled={form.isBusy}>
          {t("account.password.change")}
        </button>
      </form>
    </Section>
  );
}

/** Asks, tells what was refused, and reads the list again. */
function useChange<T>(queryKey: string, change: (value: T) => Promise<unknown>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onError: (error) => toasts.show(explain(error), { isError: true }),
    onSettled: () => client.invalidateQueries({ queryKey: [queryKey] }),
  });
}

function Sessions() {
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

function Keys() {
  const client = useQueryClient();
  const { data, error } = useQuery({ queryKey: ["keys"], queryFn: account.apiKeys });
  const remove = useChange("keys", account.deleteApiKey);
  const [made, setMade] = useState<ApiKey | null>(null);
  const form = useForm(async (fields, element) => {
    const days = Number.parseInt(fields("days"), 10);
    const life = Number.isNaN(days) ? {} : { expires_in_days: days };
    setMade(await account.createApiKey({ name: fields("name"), ...life }));
    element.reset();
    await client.invalidateQueries({ queryKey: ["keys"] });
  });
  return (
    <Section title={t("account.keys")}>
      <p className="mb-3 text-soft">{t("account.keys.hint")}</p>
      {error && <Refusal error={error} />}
      {data?.items.length === 0 && <p className="mb-3">{t("account.keys.none")}</p>}
      <ul className="mb-4 divide-y divide-line">
        {data?.items.map((key) => (
          <KeyRow
            key={key.id}
            apiKey={key}
            onDelete={() => {
              remove.mutate(key.id);
            }}
          />
        ))}
      </ul>
      {made?.key && <Made value={made.key} />}
      <form
        className="grid gap-4 sm:grid-cols-[1fr_10rem_auto] sm:items-end"
        onSubmit={form.submit}
      >
        <Field
          label={t("account.keys.name")}
          name="name"
          required
          maxLength={100}
          autoComplete="off"
        />
        <Field
          label={t("account.keys.days")}
          name="days"
          type="number"
          min={1}
          inputMode="numeric"
        />
        <button className="button button-main" disabled={form.isBusy}>
          {t("account.keys.create")}
        </button>
      </form>
      <Refusal error={form.error} />
    </Section>
  );
}

/** A new key, the only time that anybody sees it. */
function Made({ value }: { value: string }) {
  return (
    <div role="status" className="mb-4 rounded-xl bg-wash p-4">
      <p className="mb-2 font-medium">{t("account.keys.once")}</p>
      <div className="flex flex-wrap items-center gap-3">
        <code className="min-w-0 font-mono text-sm break-all">{value}</code>
        <button type="button" className="button button-plain" onClick={() => void copyText(value)}>
          {t("common.copy")}
        </button>
      </div>
    </div>
  );
}

function KeyRow({ apiKey, onDelete }: { apiKey: ApiKey; onDelete: () => void }) {
  const now = useNow();
  const facts = [
    apiKey.last_used_at
      ? t("account.keys.used", { time: relative(apiKey.last_used_at, now) })
      : t("account.keys.unused"),
    apiKey.expires_at && t("account.keys.ends", { time: dateTime(apiKey.expires_at) }),
  ];
  return (
    <li className="flex items-center justify-between gap-3 py-2">
      <div className="min-w-0">
        <p className="font-medium">
          {apiKey.name} <code className="ms-1 font-mono text-sm text-soft">{apiKey.prefix}…</code>
        </p>
        <p className="text-sm text-soft">{facts.filter(Boolean).join(" · ")}</p>
      </div>
      <button
        type="button"
        className="button button-plain"
        aria-label={t("account.keys.deleteNamed", { name: apiKey.name })}
        onClick={onDelete}
      >
        {t("account.keys.delete")}
      </button>
    </li>
  );
}
