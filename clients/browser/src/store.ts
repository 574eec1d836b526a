/** localStorage as the collector uses it: blocked, missing or full is an answer, never an exception. */

export interface Store {
  get(key: string): string | null;
  /** False when it could not be written. */
  set(key: string, value: string): boolean;
  remove(key: string): void;
  /** The keys that begin with `prefix`, sorted. */
  keys(prefix: string): string[];
}

/** `open` gives the storage, and may throw: browsers do when cookies are blocked. */
export function safeStore(open: () => Storage): Store {
  const attempt = <T>(use: (storage: Storage) => T, otherwise: T): T => {
    try {
      return use(open());
    } catch {
      return otherwise;
    }
  };
  return {
    get: (key) => attempt((storage) => storage.getItem(key), null),
    set: (key, value) =>
      attempt((storage) => {
        storage.setItem(key, value);
        return true;
      }, false),
    remove: (key) => attempt((storage) => storage.removeItem(key), undefined),
    keys: (prefix) =>
      attempt(
        (storage) =>
          Object.keys(storage)
            .filter((key) => key.startsWith(prefix))
            .sort(),
        [],
      ),
  };
}
