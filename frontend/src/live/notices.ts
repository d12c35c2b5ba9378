/**
 * Telling that something has ended while nobody looks at the page: only where it was asked for, in
 * this browser.
 */

import type { Download } from "../api/types";
import { t } from "../i18n";

const STORED = "magpie.notices";

/** Browsers offer it only to pages whose connection is safe. */
export function canNotify(): boolean {
  return isSecureContext && "Notification" in globalThis;
}

export function wantsNotices(): boolean {
  return (
    canNotify() && localStorage.getItem(STORED) !== null && Notification.permission === "granted"
  );
}

/** Asks the browser's leave and shows how it will be. False when it cannot be. */
export async function turnOn(): Promise<boolean> {
  const isAllowed = (await Notification.requestPermission()) === "granted";
  if (!isAllowed || !show("Magpie", t("account.notices.sample"), "sample")) {
    return false;
  }
  localStorage.setItem(STORED, "yes");
  return true;
}

export function turnOff(): void {
  localStorage.removeItem(STORED);
}

/** Tells of one that has ended, or of its collection when nothing of that is left to wait for. */
export function tellOf(download: Download, title: string, isOfMany: boolean): void {
  if (document.hidden && wantsNotices()) {
    const said = isOfMany
      ? "notice.many"
      : download.status === "failed"
        ? "notice.failed"
        : "notice.done";
    show(title, t(said), download.batch_id ?? download.playlist_id ?? download.id);
  }
}

/** The same `tag` from several tabs is one notice. */
function show(title: string, body: string, tag: string): boolean {
  try {
    const notice = new Notification(title, { body, tag, icon: "/icon-192.png" });
    notice.onclick = () => {
      window.focus();
      notice.close();
    };
    return true;
  } catch {
    // Phones know these only from pages that work without a network.
    return false;
  }
}
