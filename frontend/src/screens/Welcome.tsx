/** Logging in, and the first steps of a new account. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type SubmitEvent, useState } from "react";

import { account, health } from "../api/calls";
import { ApiError } from "../api/http";
import { explain } from "../failure";
import { t } from "../i18n";
import { keys } from "../live/cache";
import { logIn } from "../session";
import { Field } from "../ui/Field";
import { Icon, Mark } from "../ui/Icon";
import { toasts } from "../ui/toasts";

type Mode = "login" | "register";

/** Whoever comes first is asked to make an account; nobody is offered what is closed. */
export function Welcome({ hasLink }: { hasLink: boolean }) {
  const [chosen, setChosen] = useState<Mode | null>(null);
  const { data, isPending } = useQuery({
    queryKey: [...keys.me, "registration"],
    queryFn: health.registration,
    staleTime: 0,
    gcTime: 0,
  });
  const isFirst = data?.registration === "first_account";
  const isOpen = data?.registration !== "closed";
  const mode = chosen ?? (isFirst ? "register" : "login");
  const other = mode === "login" ? "register" : "login";
  return (
    <main className="mx-auto grid min-h-dvh w-full max-w-md content-center gap-6 p-5">
      <header className="text-center">
        <Mark className="mx-auto size-20" />
        <p className="mt-2 font-display text-4xl font-semibold tracking-tight">Magpie</p>
        <p className="text-soft">{t("app.tagline")}</p>
      </header>
      {!isPending && (
        <section className="sheet p-6 shadow-(--shadow)">
          <h1 className="mb-4 text-2xl">
            {t(isFirst && mode === "register" ? "welcome.first.title" : `welcome.${mode}.title`)}
          </h1>
          {isFirst && mode === "register" && (
            <p className="mb-4 text-soft">{t("welcome.first.text")}</p>
          )}
          {hasLink && <p className="mb-4 text-soft">{t("welcome.pending")}</p>}
          {mode === "login" ? <LogIn /> : <Register />}
        </section>
      )}
      {!isPending && isOpen && (
        <p className="text-center text-soft">
          {t(mode === "login" ? "welcome.toRegister" : "welcome.toLogin")}{" "}
          <button
            type="button"
            className="button button-plain ms-2"
            onClick={() => {
              setChosen(other);
            }}
          >
            {t(`welcome.${other}`)}
          </button>
        </p>
      )}
    </main>
  );
}

function LogIn() {
  const client = useQueryClient();
  const form = useForm(async (fields) => {
    await logIn(client, fields("login"), fields("password"));
  });
  return (
    <form className="grid gap-4" onSubmit={form.submit} noValidate>
      <Field
        label={t("welcome.name")}
        name="login"
        autoComplete="username"
        autoCapitalize="none"
        required
        autoFocus
      />
      <Password name="password" label={t("welcome.password")} autoComplete="current-password" />
      <Refusal error={form.error} />
      <button className="button button-main" disabled={form.isBusy}>
        {t("welcome.login")}
      </button>
    </form>
  );
}

function Register() {
  const client = useQueryClient();
  const form = useForm(async (fields) => {
    const username = fields("username");
    const password = fields("password");
    await account.register({ username, email: fields("email"), password });
    const me = await logIn(client, username, password);
    if (me?.role === "admin") {
      toasts.show(t("welcome.admin"));
    }
  });
  const of = (pointer: string) =>
    form.error instanceof ApiError ? form.error.of(pointer) : undefined;
  const isOfAField = form.error instanceof ApiError && form.error.errors.length > 0;
  return (
    <form className="grid gap-4" onSubmit={form.submit} noValidate>
      <Field
        label={t("welcome.username")}
        hint={t("welcome.username.hint")}
        error={of("/username")}
        name="username"
        autoComplete="username"
        autoCapitalize="none"
        required
        autoFocus
      />
      <Field
        label={t("welcome.email")}
        error={of("/email")}
        name="email"
        type="email"
        autoComplete="email"
        required
      />
      <Password
        name="password"
        label={t("welcome.password")}
        hint={t("welcome.password.hint")}
        error={of("/password")}
        autoComplete="new-password"
      />
      <Refusal error={isOfAField ? null : form.error} />
      <button className="button button-main" disabled={form.isBusy}>
        {t("welcome.register")}
      </button>
    </form>
  );
}

interface PasswordProps {
  name: string;
  label: string;
  hint?: string;
  error?: string | undefined;
  autoComplete: string;
}

/** A password that can be looked at while it is typed. */
export function Password(props: PasswordProps) {
  const [isShown, setShown] = useState(false);
  const eye = (
    <button
      type="button"
      className="target text-soft aria-pressed:text-accent"
      aria-pressed={isShown}
      aria-label={t(isShown ? "welcome.password.hide" : "welcome.password.show")}
      onClick={() => {
        setShown(!isShown);
      }}
    >
      <Icon name="eye" />
    </button>
  );
  return (
    <Field {...props} type={isShown ? "text" : "password"} required maxLength={128} extra={eye} />
  );
}

export function Refusal({ error }: { error: unknown }) {
  return (
    <div role="alert">
      {error !== null && <p className="rounded-lg bg-bad-wash p-3 text-bad">{explain(error)}</p>}
    </div>
  );
}

type Fields = (name: string) => string;

/** Submits a form once at a time and keeps what was refused. */
export function useForm(submit: (fields: Fields, form: HTMLFormElement) => Promise<void>) {
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  const onSubmit = async (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const values = new FormData(form);
    const fields = (name: string) => {
      const value = values.get(name);
      return typeof value === "string" ? value : "";
    };
    setBusy(true);
    setError(null);
    try {
      await submit(fields, form);
    } catch (refusal) {
      setError(refusal);
    } finally {
      setBusy(false);
    }
  };
  return {
    error,
    isBusy,
    submit: (event: SubmitEvent<HTMLFormElement>) => void onSubmit(event),
  };
}
