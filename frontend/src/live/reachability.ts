/** Whether the server answers: what every request found out, for the banner. */

type Listener = () => void;

class Reachability {
  #isReachable = true;
  readonly #listeners = new Set<Listener>();

  get isReachable(): boolean {
    return this.#isReachable;
  }

  report(isReachable: boolean): void {
    if (this.#isReachable === isReachable) {
      return;
    }
    this.#isReachable = isReachable;
    this.#listeners.forEach((listener) => {
      listener();
    });
  }

  subscribe = (listener: Listener): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
}

export const reachability = new Reachability();
