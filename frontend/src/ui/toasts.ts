/** Short messages: those that are shown, and those that only a screen reader is told. */

export interface Toast {
  id: number;
  text: string;
  isError: boolean;
  action?: { label: string; run: () => void } | undefined;
}

type Listener = () => void;
const SHOWN_MS = 5_000;
const MOST = 3;

class Toasts {
  #shown: readonly Toast[] = [];
  #announced = "";
  #next = 1;
  readonly #listeners = new Set<Listener>();

  get shown(): readonly Toast[] {
    return this.#shown;
  }

  get announced(): string {
    return this.#announced;
  }

  /** Tells those who listen, without a word on the screen. */
  announce(text: string): void {
    this.#announced = text;
    this.#changed();
  }

  /** `isLasting` until it is dismissed. */
  show(
    text: string,
    options: { isError?: boolean; isLasting?: boolean; action?: Toast["action"] } = {},
  ): number {
    const id = this.#next++;
    const toast = { id, text, isError: options.isError ?? false, action: options.action };
    this.#shown = [...this.#shown, toast].slice(-MOST);
    this.#changed();
    if (!options.isLasting) {
      setTimeout(() => {
        this.dismiss(id);
      }, SHOWN_MS);
    }
    return id;
  }

  dismiss(id: number): void {
    this.#shown = this.#shown.filter((toast) => toast.id !== id);
    this.#changed();
  }

  /** Forgets everything, as it was said to someone else. */
  clear(): void {
    this.#shown = [];
    this.#announced = "";
    this.#changed();
  }

  subscribe = (listener: Listener): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  #changed(): void {
    this.#listeners.forEach((listener) => {
      listener();
    });
  }
}

export const toasts = new Toasts();
