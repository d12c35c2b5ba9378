/** As much of the browser's events and channels as the page uses, fed by hand. */

export class FakeSource extends EventTarget {
  static all: FakeSource[] = [];
  isClosed = false;

  constructor(readonly url: string) {
    super();
    FakeSource.all.push(this);
  }

  static get latest(): FakeSource {
    const latest = FakeSource.all.at(-1);
    if (!latest) {
      throw new Error("nobody has connected yet");
    }
    return latest;
  }

  /** Those that a server would see now. */
  static get open(): FakeSource[] {
    return FakeSource.all.filter((source) => !source.isClosed);
  }

  say(name: string, data: unknown, lastEventId = "1") {
    this.dispatchEvent(new MessageEvent(name, { data: JSON.stringify(data), lastEventId }));
  }

  close() {
    this.isClosed = true;
  }
}

/** Delivers at once, to all but the sender. */
export class FakeChannel extends EventTarget {
  static all = new Set<FakeChannel>();

  constructor(readonly name: string) {
    super();
    FakeChannel.all.add(this);
  }

  postMessage(data: unknown) {
    const others = [...FakeChannel.all].filter((one) => one !== this && one.name === this.name);
    others.forEach((one) => one.dispatchEvent(new MessageEvent("message", { data })));
  }

  close() {
    FakeChannel.all.delete(this);
  }
}
