/** A queue of one runner in which the newest request of a kind serves the older ones that still wait, too. */

export type Priority = 'now' | 'soon';

interface Waiting<T> {
  readonly key: string;
  readonly priority: Priority;
  readonly work: () => Promise<T>;
  readonly asked: readonly Asker<T>[];
}

interface Asker<T> {
  readonly settle: (value: T | null) => void;
  readonly fail: (reason: unknown) => void;
}

export interface Queue<T> {
  /** Runs `work` in its turn, in the place of waiting work with the same key. Resolves with null once the queue is closed. */
  add(key: string, priority: Priority, work: () => Promise<T>): Promise<T | null>;
  /** Drops what waits, and all that comes. */
  close(): void;
}

export const createQueue = <T>(): Queue<T> => {
  let waiting: Waiting<T>[] = [];
  let running = false;
  let closed = false;

  const next = async (): Promise<void> => {
    if (running) return;
    running = true;
    for (;;) {
      const chosen = waiting.find(({ priority }) => priority === 'now') ?? waiting[0];
      if (!chosen) break;
      waiting = waiting.filter((item) => item !== chosen);
      await chosen.work().then(
        (value) => chosen.asked.forEach(({ settle }) => settle(value)),
        (reason: unknown) => chosen.asked.forEach(({ fail }) => fail(reason)),
      );
    }
    running = false;
  };

  return {
    close: () => {
      closed = true;
      for (const { settle } of waiting.flatMap(({ asked }) => asked)) settle(null);
      waiting = [];
    },
    add: (key, priority, work) =>
      new Promise((settle, fail) => {
        if (closed) return settle(null);
        const older = waiting.find((item) => item.key === key);
        waiting = waiting.filter((item) => item !== older);
        const asked = [...(older?.asked ?? []), { settle, fail }];
        waiting.push({ key, priority: older?.priority === 'now' ? 'now' : priority, work, asked });
        void next();
      }),
  };
};
