/** How threads wake each other when a topic has grown: one shared counter for a handful of topics each. */

const SLOTS = 256;

/** The memory that all threads of one log share; made once and passed to each thread's `openLmdbLog`. */
export function createLogBell(): SharedArrayBuffer {
  return new SharedArrayBuffer(SLOTS * Int32Array.BYTES_PER_ELEMENT);
}

export interface LogBell {
  /** Tells every thread that this topic has grown. */
  ring(topic: number): void;
  /** How often the topic's bell was rung; read it before looking for records. */
  heard(topic: number): number;
  /** Resolves when one of the topics is rung after it was heard so, when woken, or after `ms`. */
  wait(heard: ReadonlyMap<number, number>, ms: number, waker: Waker): Promise<void>;
}

/** Lets the owner of a wait end it early. */
export interface Waker {
  wake(): void;
}

export function logBell(shared: SharedArrayBuffer): LogBell {
  const counters = new Int32Array(shared);
  /** One native waiter a slot, whoever waits in this thread: waiters that nobody rings would pile up. */
  const listeners = new Map<number, Set<() => void>>();

  function listen(slot: number, expected: number, hear: () => void): boolean {
    const waiting = listeners.get(slot);
    if (waiting !== undefined) {
      waiting.add(hear);
      return Atomics.load(counters, slot) === expected;
    }
    const result = Atomics.waitAsync(counters, slot, expected);
    if (!result.async) return false;
    const listening = new Set([hear]);
    listeners.set(slot, listening);
    void result.value.then(() => {
      listeners.delete(slot);
      for (const each of listening) each();
    });
    return true;
  }

  const slotOf = (topic: number): number => topic % counters.length;
  return {
    ring(topic) {
      Atomics.add(counters, slotOf(topic), 1);
      Atomics.notify(counters, slotOf(topic));
    },
    heard: (topic) => Atomics.load(counters, slotOf(topic)),
    async wait(heard, ms, waker) {
      const slots = [...heard].map(([topic, count]) => [slotOf(topic), count] as const);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(finish, ms);
        function finish(): void {
          clearTimeout(timer);
          for (const [slot] of slots) listeners.get(slot)?.delete(finish);
          resolve();
        }
        waker.wake = finish;
        if (!slots.every(([slot, count]) => listen(slot, count, finish))) finish();
      });
      waker.wake = () => {};
    },
  };
}
