/** A queue of one runner in which the newest request of a kind replaces the older ones that still wait. */

export type Priority = 'now' | 'soon';

interface Waiting<T> {
  readonly key: string;
  readonly priority: Priority;
  readonly work: () => Promise<T>;
  readonly settle: (value: T | null) => void;
  readonly fail: (reason: unknown) => void;
}

export interface Queue<T> {
  /** Resolves with null when a newer request with the same key took this one's place before it ran. */
  add(key: string, priority: Priority, work: () => Promise<T>): Promise<T | null>;
  /** Drops what waits under keys for which `matches` holds. */
  drop(matches: (key: string) => boolean): void;
}

export const createQueue = <T>(): Queue<T> => {
  let waiting: Waiting<T>[] = [];
  let running = false;

  const drop = (matches: (key: string) => boolean): void => {
    const dropped = waiting.filter(({ key }) => matches(key));
    waiting = waiting.filter(({ key }) => !matches(key));
    for (const { settle } of dropped) settle(null);
  };

  const next = async (): Promise<void> => {
    if (running) return;
    running = true;
    for (;;) {
      const chosen = waiting.find(({ priority }) => priority === 'now') ?? waiting[0];
      if (!chosen) break;
      waiting = waiting.filter((item) => item !== chosen);
      await chosen.work().then(chosen.settle, chosen.fail);
    }
    running = false;
  };

  return {
    drop,
    add: (key, priority, work) =>
      new Promise((settle, fail) => {
        drop((other) => other === key);
        waiting.push({ key, priority, work, settle, fail });
        void next();
      }),
  };
};
