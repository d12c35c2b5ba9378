/** The frame around every screen, or the door while nobody is logged in. */

import { Link, Outlet, useNavigate } from "@tanstack/react-router";

import type { Profile } from "./api/types";
import { explain } from "./failure";
import { chooseLanguage, language, LANGUAGES, t } from "./i18n";
import { LiveProvider, useIsReachable, useLive } from "./live/provider";
import { Welcome } from "./screens/Welcome";
import { useForgetting, useLogOut, useMe } from "./session";
import { chooseTheme, theme, THEMES } from "./theme";
import { Mark } from "./ui/Icon";
import { Menu, type MenuEntry } from "./ui/Menu";
import { Toaster } from "./ui/Toaster";
import { toasts } from "./ui/toasts";

export function App() {
  const me = useMe();
  useForgetting(me.data);
  const hasLink = new URLSearchParams(location.search).size > 0 || location.hash.length > 1;
  return (
    <>
      <Door me={me.data} error={me.error} hasLink={hasLink} retry={() => void me.refetch()} />
      <Toaster />
    </>
  );
}

interface DoorProps {
  me: Profile | null | undefined;
  error: Error | null;
  hasLink: boolean;
  retry: () => void;
}

function Door({ me, error, hasLink, retry }: DoorProps) {
  if (me) {
    return (
      <LiveProvider user={me.id}>
        <Frame me={me} />
      </LiveProvider>
    );
  }
  if (me === null) {
    return <Welcome hasLink={hasLink} />;
  }
  return (
    <main className="grid min-h-dvh place-content-center justify-items-center gap-4 p-6">
      <Mark className="size-20" />
      {error ? (
        <>
          <p role="alert">{explain(error)}</p>
          <button type="button" className="button button-main" onClick={retry}>
            {t("common.retry")}
          </button>
        </>
      ) : (
        <p className="sr-only">{t("common.loading")}</p>
      )}
    </main>
  );
}

function Frame({ me }: { me: Profile }) {
  return (
    <div className="mx-auto flex min-h-dvh w-full max-w-4xl flex-col px-4 sm:px-6">
      <a
        href="#downloads"
        className="button button-main absolute start-4 top-2 z-50 not-focus:sr-only"
      >
        {t("app.skip")}
      </a>
      <header className="flex items-center justify-between py-3">
        <Link
          to="/"
          className="flex min-h-11 items-center gap-2"
          aria-label={`Magpie: ${t("nav.home")}`}
        >
          <Mark className="size-8" />
          <span className="font-display text-xl font-semibold tracking-tight">Magpie</span>
        </Link>
        <div className="flex items-center gap-1">
          <span className="max-w-40 truncate text-sm text-soft max-sm:sr-only">{me.username}</span>
          <Settings isAdmin={me.role === "admin"} />
        </div>
      </header>
      <Connection />
      <main className="flex-1 pb-28">
        <Outlet />
      </main>
    </div>
  );
}

function Settings({ isAdmin }: { isAdmin: boolean }) {
  const navigate = useNavigate();
  const logOut = useLogOut();
  const go = (label: string, to: "/" | "/account" | "/users" | "/audit" | "/about") => ({
    label,
    onSelect: () => void navigate({ to }),
  });
  const leave = () => {
    logOut().catch((error: unknown) => toasts.show(explain(error), { isError: true }));
  };
  const entries = (): MenuEntry[] => [
    go(t("nav.home"), "/"),
    go(t("nav.account"), "/account"),
    ...(isAdmin ? [go(t("nav.users"), "/users"), go(t("nav.audit"), "/audit")] : []),
    go(t("nav.about"), "/about"),
    "rule",
    {
      label: t("nav.theme"),
      value: theme(),
      options: THEMES.map((option) => [option, t(`nav.theme.${option}`)]),
      onChoose: chooseTheme,
    },
    "rule",
    {
      label: t("nav.language"),
      value: language(),
      options: Object.entries(LANGUAGES),
      onChoose: chooseLanguage,
    },
    "rule",
    { label: t("nav.logout"), onSelect: leave },
  ];
  return <Menu label={t("nav.menu")} icon="menu" entries={entries} />;
}

/** Says that what is shown may be old, while it may be. */
function Connection() {
  const isReachable = useIsReachable();
  const live = useLive();
  return (
    <div role="status" className="sticky top-0 z-30">
      {!isReachable && (
        <div className="mb-3 flex flex-wrap items-center justify-between gap-x-4 rounded-xl bg-warn-wash px-4 text-warn shadow-(--shadow)">
          <p className="py-2.5">{t("live.offline")}</p>
          <button
            type="button"
            className="min-h-11 font-semibold underline underline-offset-4"
            onClick={live.retry}
          >
            {t("live.retry")}
          </button>
        </div>
      )}
    </div>
  );
}
