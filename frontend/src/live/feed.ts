/**
 * Where progress comes from: one connection of Server-Sent Events for all tabs of this browser, which
 * allows no more than six to a server that speaks HTTP/1.1. One tab has the connection and tells the
 * others; when it goes, another takes over where it was. The browser's own locks would do for
 * choosing, but they are only there over https, and many a Magpie is on a plain address at home.
 */

const EVENTS = "/api/youtube/events";
const NAMES = ["snapshot", "download", "batch", "playlist"] as const;
export type EventName = (typeof NAMES)[number];

const FIRST_BACKOFF_MS = 500;
const MAX_BACKOFF_MS = 1_500;
/** Where events were never heard, they are probably not offered; polling serves as well. */
const UNHEARD_BACKOFF_MS = 15_000;
/** How long to wait for the tab that has the connection to say so. */
const ANSWER_MS = 120;
/** A tab that the browser has frozen says nothing; this often the others look. */
const LOOK_MS = 5_000;

/** Between tabs. `id` is the sender's. */
type Word =
  | { kind: "who" | "gone" | "retry"; id: string }
  | { kind: "here"; id: string; isOpen: boolean; cursor: string | null }
  | { kind: "event"; id: string; name: EventName; data: string; cursor: string | null };

export interface Listener {
  opened: () => void;
  lost: () => void;
  heard: (name: EventName, data: string) => void;
}

export class Feed {
  readonly #id = crypto.getRandomValues(new Uint32Array(2)).join("-");
  readonly #channelName: string;
  readonly #listener: Listener;
  #channel: BroadcastChannel | null = null;
  #source: EventSource | null = null;
  /** The tab that has the connection, as far as is known; possibly this one. */
  #leader: string | null = null;
  #isOpen = false;
  #wasOpen = false;
  #failures = 0;
  #cursor: string | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `audience` is who is logged in: others' tabs hear nothing. */
  constructor(audience: string, listener: Listener) {
    this.#channelName = `magpie.events.${audience}`;
    this.#listener = listener;
  }

  /** Whether progress comes by itself. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  start(): void {
    window.addEventListener("pagehide", this.#leave);
    window.addEventListener("pageshow", this.#return);
    this.#join();
  }

  stop(): void {
    window.removeEventListener("pagehide", this.#leave);
    window.removeEventListener("pageshow", this.#return);
    this.#leave();
  }

  /** Tries again at once, because a person or the browser thinks that it will work. */
  retry(): void {
    if (this.#isOpen || !this.#channel) {
      return;
    }
    this.#failures = 0;
    if (this.#leader === this.#id) {
      this.#connect();
    } else {
      this.#say({ kind: "retry", id: this.#id });
      this.#look();
    }
  }

  #join = (): void => {
    this.#channel = new BroadcastChannel(this.#channelName);
    this.#channel.addEventListener("message", this.#hear);
    this.#look();
  };

  #leave = (): void => {
    if (this.#leader === this.#id) {
      this.#say({ kind: "gone", id: this.#id });
    }
    clearTimeout(this.#timer);
    this.#disconnect();
    this.#leader = null;
    this.#channel?.close();
    this.#channel = null;
  };

  #return = (event: PageTransitionEvent): void => {
    if (event.persisted && !this.#channel) {
      this.#join();
    }
  };

  #say(word: Word): void {
    this.#channel?.postMessage(word);
  }

  /** Asks who has the connection, and takes it when nobody answers. */
  #look = (): void => {
    this.#after(ANSWER_MS, this.#lead);
    this.#say({ kind: "who", id: this.#id });
  };

  #lead = (): void => {
    this.#leader = this.#id;
    this.#tell();
    this.#connect();
  };

  #tell(): void {
    this.#say({ kind: "here", id: this.#id, isOpen: this.#isOpen, cursor: this.#cursor });
  }

  #hear = ({ data: word }: MessageEvent<Word>): void => {
    const isLeader = this.#leader === this.#id;
    switch (word.kind) {
      case "who":
        if (isLeader) {
          this.#tell();
        }
        break;
      case "here":
        // Of two that took it at once, one lets go.
        if (isLeader && this.#id < word.id) {
          this.#tell();
        } else {
          this.#follow(word.id, word.isOpen, word.cursor);
        }
        break;
      case "gone":
        if (word.id === this.#leader) {
          // Not all at once: the first to look is followed by the others.
          this.#after(Math.random() * ANSWER_MS, this.#look);
        }
        break;
      case "retry":
        if (isLeader) {
          this.retry();
        }
        break;
      case "event":
        if (isLeader) {
          this.#tell();
        } else {
          this.#cursor = word.cursor;
          this.#listener.heard(word.name, word.data);
        }
    }
  };

  #follow(leader: string, isOpen: boolean, cursor: string | null): void {
    this.#source?.close();
    this.#source = null;
    this.#leader = leader;
    this.#cursor = cursor ?? this.#cursor;
    this.#setOpen(isOpen);
    this.#after(LOOK_MS, this.#look);
  }

  #setOpen(isOpen: boolean): void {
    if (isOpen !== this.#isOpen) {
      this.#isOpen = isOpen;
      this.#wasOpen ||= isOpen;
      this.#listener[isOpen ? "opened" : "lost"]();
    }
  }

  #connect = (): void => {
    this.#disconnect();
    const url = this.#cursor ? `${EVENTS}?cursor=${encodeURIComponent(this.#cursor)}` : EVENTS;
    const source = new EventSource(url);
    this.#source = source;
    source.addEventListener("open", () => {
      this.#failures = 0;
      this.#setOpen(true);
      this.#tell();
    });
    source.addEventListener("error", this.#lost);
    for (const name of NAMES) {
      source.addEventListener(name, (event: MessageEvent<string>) => {
        this.#relay(name, event);
      });
    }
  };

  #relay(name: EventName, { data, lastEventId }: MessageEvent<string>): void {
    this.#cursor = lastEventId || this.#cursor;
    this.#say({ kind: "event", id: this.#id, name, data, cursor: this.#cursor });
    this.#listener.heard(name, data);
  }

  #lost = (): void => {
    const most = this.#wasOpen ? MAX_BACKOFF_MS : UNHEARD_BACKOFF_MS;
    const least = this.#wasOpen ? FIRST_BACKOFF_MS : most;
    const isFirst = this.#failures === 0 && !this.#isOpen;
    this.#failures += 1;
    this.#after(Math.min(least * 2 ** this.#failures, most), this.#connect);
    this.#disconnect();
    this.#tell();
    if (isFirst) {
      // Never open, so nobody has been told that it is not.
      this.#listener.lost();
    }
  };

  #disconnect(): void {
    this.#source?.close();
    this.#source = null;
    this.#setOpen(false);
  }

  #after(milliseconds: number, act: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(act, milliseconds);
  }
}
