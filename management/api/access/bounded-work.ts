/** Lets so much work at once through, so much wait, and turns the rest away. */

export interface BoundedWork {
  /** What `work` gives, or `busy` when too much waits already. */
  run<T>(work: () => Promise<T>): Promise<T | "busy">;
}

export function boundedWork({ atOnce, waiting }: { atOnce: number; waiting: number }): BoundedWork {
  const queue: (() => void)[] = [];
  let running = 0;

  function turn(): Promise<void> {
    if (running < atOnce) {
      running += 1;
      return Promise.resolve();
    }
    return new Promise((resolve) => queue.push(resolve));
  }

  /** The place goes straight to who waits longest: nobody slips in between. */
  function pass(): void {
    const next = queue.shift();
    if (next === undefined) running -= 1;
    else next();
  }

  return {
    async run(work) {
      if (running >= atOnce && queue.length >= waiting) return "busy";
      await turn();
      try {
        return await work();
      } finally {
        pass();
      }
    },
  };
}

/** One after the other for each key, with so many waiting; keys without work take no room. */
export interface TurnsByKey {
  run<T>(key: string, work: () => Promise<T>): Promise<T | "busy">;
}

export function turnsByKey({ waiting }: { waiting: number }): TurnsByKey {
  const lines = new Map<string, { line: BoundedWork; count: number }>();
  return {
    async run(key, work) {
      const entry = lines.get(key) ?? { line: boundedWork({ atOnce: 1, waiting }), count: 0 };
      lines.set(key, entry);
      entry.count += 1;
      try {
        return await entry.line.run(work);
      } finally {
        entry.count -= 1;
        if (entry.count === 0) lines.delete(key);
      }
    },
  };
}
