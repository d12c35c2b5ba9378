/** One's own account. */

import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";

import { account } from "../api/calls";
import type { Profile } from "../api/types";
import { bytes, count } from "../format";
import { t } from "../i18n";
import { useMe } from "../session";
import { Bar } from "../ui/Bar";
import { toasts } from "../ui/toasts";
import { Cookies } from "./Cookies";
import { Keys } from "./Keys";
import { Notices } from "./Notices";
import { Screen, Section } from "./Screen";
import { Sessions } from "./Sessions";
import { Password, Refusal, useForm } from "./Welcome";

export function Account() {
  const { data: me } = useMe();
  return (
    <Screen title={t("account.title")}>
      {me && <Usage me={me} />}
      <Bookmark />
      <Notices />
      <ChangePassword />
      <Sessions />
      <Cookies />
      {me && <Keys isAdmin={me.role === "admin"} />}
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
          {limit === null
            ? t("account.usage.unlimited", { used: show(used) })
            : t("account.usage.of", { used: show(used), limit: show(limit) })}
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
    <Section title={t("account.bookmark")} className="pointer-coarse:hidden">
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
