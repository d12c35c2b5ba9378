/** What runs here, and which keys there are. */

import { useQuery } from "@tanstack/react-query";

import { health } from "../api/calls";
import { count } from "../format";
import { t } from "../i18n";
import { Facts, Screen, Section } from "./Screen";

export function About() {
  const platform = useQuery({ queryKey: ["health"], queryFn: health.platform }).data;
  const engine = useQuery({ queryKey: ["engine"], queryFn: health.engine }).data;
  const version = (value: string | null | undefined) => value ?? t("about.missing");
  return (
    <Screen title={t("about.title")}>
      <Section title={t("about.version")}>
        <p className="mb-3">{t("about.licence")}</p>
        {platform && (
          <Facts
            facts={[
              ["Magpie", platform.version],
              ...Object.entries(platform.services).map(([name, state]) => [name, state] as const),
            ]}
          />
        )}
        <p className="mt-3">
          <a className="text-accent underline underline-offset-4" href="/docs">
            {t("nav.api")}
          </a>
        </p>
      </Section>
      {engine && (
        <Section title={t("about.engine")}>
          <Facts
            facts={[
              ["yt-dlp", version(engine.engine.yt_dlp)],
              ["ffmpeg", version(engine.engine.ffmpeg)],
              ["JavaScript", version(engine.engine.js_runtime)],
              [t("about.workers"), count(engine.workers.max)],
              [t("about.queue"), count(engine.queue.pending)],
            ]}
          />
        </Section>
      )}
      <Section title={t("about.shortcuts")}>
        <Facts
          facts={[
            ["/", t("about.shortcuts.slash")],
            ["Enter", t("about.shortcuts.enter")],
            ["Shift + Enter", t("about.shortcuts.newline")],
            ["Esc", t("about.shortcuts.escape")],
            ["Ctrl + V", t("about.shortcuts.paste")],
          ]}
        />
      </Section>
    </Screen>
  );
}
