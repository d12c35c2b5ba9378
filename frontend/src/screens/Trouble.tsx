import { t } from "../i18n";

export function NotFound() {
  return (
    <div className="py-16 text-center">
      <h1 className="mb-4 text-2xl">{t("error.notFound")}</h1>
      <a className="button button-plain" href="/">
        {t("nav.back")}
      </a>
    </div>
  );
}

export function Stumbled() {
  return (
    <main className="grid min-h-dvh place-content-center gap-3 p-6 text-center">
      <h1 className="text-2xl">{t("error.page")}</h1>
      <p className="text-soft">{t("error.page.text")}</p>
      <button
        type="button"
        className="button button-main mx-auto"
        onClick={() => {
          location.reload();
        }}
      >
        {t("error.reload")}
      </button>
    </main>
  );
}
