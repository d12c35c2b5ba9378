/** One's own cookies for the site: they go in, and what they say is never shown again. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type ChangeEvent, useId, useRef, useState } from "react";

import { cookies } from "../api/calls";
import type { CookieState } from "../api/types";
import { explain } from "../failure";
import { count, date, relative } from "../format";
import { t, tn } from "../i18n";
import { useNow } from "../now";
import { toasts } from "../ui/toasts";
import { Section } from "./Screen";
import { Refusal } from "./Welcome";

const KEY = ["cookies"] as const;

export function Cookies() {
  const client = useQueryClient();
  const { data, error } = useQuery({ queryKey: KEY, queryFn: cookies.state });
  const [isBusy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<unknown>(null);
  const change = async (asked: Promise<CookieState>): Promise<boolean> => {
    setBusy(true);
    setRefusal(null);
    try {
      const state = await asked;
      client.setQueryData<CookieState>(KEY, state);
      toasts.show(told(state));
      return true;
    } catch (failure) {
      setRefusal(failure);
      return false;
    } finally {
      setBusy(false);
    }
  };
  return (
    <Section title={t("account.cookies")}>
      <p className="mb-3 text-soft">{t("account.cookies.hint")}</p>
      {error && <Refusal error={error} />}
      {data?.has_cookies && (
        <Kept state={data} isBusy={isBusy} onDelete={() => void change(cookies.forget())} />
      )}
      {data && !data.has_cookies && <p className="mb-3">{t("account.cookies.none")}</p>}
      <Give isBusy={isBusy} onGive={(text) => change(cookies.give(text))} />
      <Refusal error={refusal} />
    </Section>
  );
}

function told({ has_cookies, domains, dropped }: CookieState): string {
  if (!has_cookies) {
    return t("account.cookies.deleted");
  }
  const kept = domains.reduce((sum, domain) => sum + domain.count, 0);
  const said = tn("account.cookies.kept", kept, { count: count(kept) });
  return dropped
    ? `${said} ${tn("account.cookies.dropped", dropped, { count: count(dropped) })}`
    : said;
}

interface KeptProps {
  state: CookieState;
  isBusy: boolean;
  onDelete: () => void;
}

function Kept({ state, isBusy, onDelete }: KeptProps) {
  const now = useNow();
  return (
    <>
      <ul className="divide-y divide-line">
        {state.domains.map(({ domain, count: cookies, expires_at }) => (
          <li key={domain} className="flex flex-wrap items-baseline justify-between gap-x-4 py-2">
            <span className="font-medium" dir="ltr">
              {domain}
            </span>
            <span className="text-sm text-soft">
              {tn("account.cookies.count", cookies, { count: count(cookies) })} ·{" "}
              {expires_at && Date.parse(expires_at) <= now ? (
                <span className="font-semibold text-bad">{t("account.cookies.expired")}</span>
              ) : (
                <span className="text-good">
                  {expires_at
                    ? t("account.cookies.until", { when: date(expires_at) })
                    : t("account.cookies.session")}
                </span>
              )}
            </span>
          </li>
        ))}
      </ul>
      <div className="mb-4 flex items-center justify-between gap-4">
        <p className="text-sm text-soft">
          {state.updated_at &&
            t("account.cookies.given", { when: relative(state.updated_at, now) })}
        </p>
        <button type="button" className="button button-plain" disabled={isBusy} onClick={onDelete}>
          {t("account.cookies.delete")}
        </button>
      </div>
    </>
  );
}

interface GiveProps {
  isBusy: boolean;
  onGive: (text: string) => Promise<boolean>;
}

/** By file, or pasted. */
function Give({ isBusy, onGive }: GiveProps) {
  const id = useId();
  const picker = useRef<HTMLInputElement>(null);
  const [text, setText] = useState("");
  const take = (event: ChangeEvent<HTMLInputElement>) => {
    const input = event.currentTarget;
    const file = input.files?.[0];
    // The same file again is a change, too.
    const forget = () => {
      input.value = "";
    };
    void file
      ?.text()
      .then(onGive)
      .catch((error: unknown) => toasts.show(explain(error), { isError: true }))
      .finally(forget);
  };
  return (
    <form
      className="grid justify-items-start gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        void onGive(text).then((isTaken) => {
          if (isTaken) {
            setText("");
          }
        });
      }}
    >
      <input
        ref={picker}
        type="file"
        accept=".txt,text/plain"
        className="sr-only"
        tabIndex={-1}
        aria-label={t("account.cookies.file")}
        onChange={take}
      />
      <button
        type="button"
        className="button button-main"
        disabled={isBusy}
        onClick={() => picker.current?.click()}
      >
        {t("account.cookies.choose")}
      </button>
      <div className="w-full">
        <label className="mb-1 block text-sm font-medium" htmlFor={id}>
          {t("account.cookies.paste")}
        </label>
        <textarea
          id={id}
          className="field font-mono text-sm"
          rows={3}
          dir="ltr"
          spellCheck={false}
          autoComplete="off"
          value={text}
          onChange={(event) => {
            setText(event.target.value);
          }}
        />
      </div>
      {text.trim() !== "" && (
        <button className="button button-main" disabled={isBusy}>
          {t("account.cookies.give")}
        </button>
      )}
    </form>
  );
}
