/** API keys. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";

import { account } from "../api/calls";
import type { ApiKey } from "../api/types";
import { copyText } from "../clipboard";
import { dateTime, relative } from "../format";
import { t } from "../i18n";
import { useNow } from "../now";
import { Field } from "../ui/Field";
import { Section } from "./Screen";
import { useChange } from "./useChange";
import { Refusal, useForm } from "./Welcome";

/** Each with those before it. */
const SCOPES = ["read", "download", "admin"] as const;

/** Keys for scripts, each for no more than it needs. */
export function Keys({ isAdmin }: { isAdmin: boolean }) {
  const client = useQueryClient();
  const { data, error } = useQuery({ queryKey: ["keys"], queryFn: account.apiKeys });
  const remove = useChange("keys", account.deleteApiKey);
  const [made, setMade] = useState<ApiKey | null>(null);
  const form = useForm(async (fields, element) => {
    const days = Number.parseInt(fields("days"), 10);
    const life = Number.isNaN(days) ? {} : { expires_in_days: days };
    const scopes = SCOPES.slice(0, SCOPES.findIndex((scope) => scope === fields("scope")) + 1);
    setMade(await account.createApiKey({ name: fields("name"), scopes, ...life }));
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
        className="grid gap-4 sm:grid-cols-[1fr_1fr_8rem_auto] sm:items-end"
        onSubmit={form.submit}
      >
        <Field
          label={t("account.keys.name")}
          name="name"
          required
          maxLength={100}
          autoComplete="off"
        />
        <Choice isAdmin={isAdmin} />
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

/** What the key may do; each choice holds those before it. */
function Choice({ isAdmin }: { isAdmin: boolean }) {
  const id = useId();
  return (
    <div>
      <label className="mb-1 block text-sm font-medium" htmlFor={id}>
        {t("account.keys.scope")}
      </label>
      <select id={id} name="scope" className="field" defaultValue="download">
        {SCOPES.filter((scope) => scope !== "admin" || isAdmin).map((scope) => (
          <option key={scope} value={scope}>
            {t(`account.keys.scope.${scope}`)}
          </option>
        ))}
      </select>
    </div>
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
  const scope = SCOPES.findLast((one) => apiKey.scopes.includes(one));
  const facts = [
    scope && t(`account.keys.scope.${scope}`),
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
