import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { t } from "../i18n";
import { Icon } from "../ui/Icon";

/** The frame of every screen but the first. */
export function Screen({ title, children }: { title: string; children: ReactNode }) {
  return (
    <>
      <Link to="/" className="button button-bare -ms-4">
        <Icon name="back" className="rtl:-scale-x-100" />
        {t("nav.back")}
      </Link>
      <h1 className="mt-2 mb-6 text-3xl">{title}</h1>
      <div className="grid gap-6">{children}</div>
    </>
  );
}

export function Section(props: { title: string; className?: string; children: ReactNode }) {
  const { title, className = "", children } = props;
  return (
    <section className={`sheet p-5 ${className}`}>
      <h2 className="mb-3 text-xl">{title}</h2>
      {children}
    </section>
  );
}

/** Names and values. */
export function Facts({ facts }: { facts: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className="grid gap-x-6 gap-y-1 sm:grid-cols-[max-content_1fr]">
      {facts.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-soft">{name}</dt>
          <dd className="max-sm:mb-2">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
