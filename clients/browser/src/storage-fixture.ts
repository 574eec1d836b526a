/** A browser's storage for tests: in memory, with a limit, and able to fail. */

export interface FakeStorage extends Storage {
  /** Characters that fit in; keys count. */
  room: number;
  /** Throws on every use, as a blocked storage does. */
  isBlocked: boolean;
}

export function fakeStorage(): FakeStorage {
  const methods = {
    room: Infinity,
    isBlocked: false,
    getItem(this: FakeStorage, key: string): string | null {
      check(this);
      return Object.keys(this).includes(key) ? String(this[key]) : null;
    },
    setItem(this: FakeStorage, key: string, value: string): void {
      check(this);
      const others = Object.keys(this).filter((one) => one !== key);
      const used = others.reduce((sum, one) => sum + one.length + String(this[one]).length, 0);
      if (used + key.length + value.length > this.room) throw new DOMException("full", "QuotaExceededError");
      this[key] = value;
    },
    removeItem(this: FakeStorage, key: string): void {
      check(this);
      Reflect.deleteProperty(this, key);
    },
    clear(this: FakeStorage): void {
      for (const key of Object.keys(this)) Reflect.deleteProperty(this, key);
    },
  };
  // What is stored stands beside the methods, as in a browser's: they are no properties of their own.
  const storage = Object.create(methods) as FakeStorage;
  for (const name of ["room", "isBlocked"] as const) {
    Object.defineProperty(storage, name, { value: methods[name], writable: true, enumerable: false });
  }
  return storage;
}

function check({ isBlocked }: FakeStorage): void {
  if (isBlocked) throw new DOMException("blocked", "SecurityError");
}
