/** One tab sends at a time: what a tab takes for left behind by another one must not be on its way already. */
import type { Store } from "./store.ts";

/** Runs the task when it is this tab's turn; resolves with false, without having run it, while another tab is sending. */
export type SendingTurn = (task: () => Promise<void>) => Promise<boolean>;

/** The browser's own locks. They end with the page that holds them. */
export function lockedTurn(locks: LockManager, name: string): SendingTurn {
  return (task) =>
    locks.request(name, { ifAvailable: true }, async (lock) => {
      if (lock !== null) await task();
      return lock !== null;
    });
}

/** Longer than a request may take. */
const LEASE_MS = 40_000;

/**
 * For pages without https, where browsers have no locks: a note in the storage that says when the turn ends at the
 * latest. Without storage no tab knows another one's events, and it is always this one's turn.
 */
export function leasedTurn(store: Store, key: string, now: () => number): SendingTurn {
  return async (task) => {
    const left = Number(store.get(key)) - now();
    if (left > 0 && left <= LEASE_MS) return false;
    store.set(key, String(now() + LEASE_MS));
    try {
      await task();
    } finally {
      store.remove(key);
    }
    return true;
  };
}
