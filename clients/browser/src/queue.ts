/** The events that are not known to have arrived: in memory and, before they are sent, in the storage that all tabs share. */
import type { CollectedEvent } from "./collected-event.ts";
import type { Store } from "./store.ts";

export interface Entry {
  /** Its name in the storage; entries sort by it in the order in which they were made. */
  key: string;
  /** The visitor's turn when the event was made. */
  turn: number;
  event: CollectedEvent;
  /** Epoch milliseconds at which it was sent by a page that was about to end, and so never saw the answer. */
  sent: number;
}

export interface Queue {
  push(event: CollectedEvent, turn: number): void;
  /** What this page has made, oldest first. */
  own(): Entry[];
  /** What this page has made, and what other pages have left behind, oldest first. */
  due(): Entry[];
  /** How many there are, those included that other pages are still about to send. */
  size(): number;
  remove(entries: readonly Entry[]): void;
  /** Notes when they were sent by a page that is about to end; 0 takes the note back. */
  mark(entries: readonly Entry[], sent: number): void;
  /** Writes what this page has made once more, after the page has cleared its storage. */
  restore(): void;
}

export interface QueueOptions {
  store: Store;
  /** What the keys in the storage begin with. */
  prefix: string;
  /** Epoch milliseconds. */
  now(): number;
  /** Called before what is missing in the storage is taken for sent: the page may have cleared it. */
  onLook(): void;
  /** Events were given up because there were too many. */
  onFull(): void;
}

/** A page sends what it has made itself; what is older than this was left behind. */
const LEFT_BEHIND_MS = 5_000;
const MAX_EVENTS = 1_000;
/** A fifth of what browsers give a site: it needs its storage too. */
const MAX_CHARACTERS = 1_000_000;
/** What is larger stays in memory: one event must not push out all others. */
const MAX_STORED_CHARACTERS = 100_000;
/** An event sent unseen is taken for arrived after this: the server recognises repetitions for 24 hours. */
const REPEATABLE_MS = 23 * 3_600_000;

const EACH_MS = 1_000;

interface OwnEntry extends Entry {
  isStored: boolean;
}

export function eventQueue({ store, prefix, now, onLook, onFull }: QueueOptions): Queue {
  let made: OwnEntry[] = [];
  let order = 0;

  const keys = (): string[] => [...new Set([...store.keys(prefix), ...made.map(({ key }) => key)])].sort();

  const write = ({ key, turn, event, sent }: Entry): boolean => {
    const text = JSON.stringify({ turn, event, sent });
    return text.length <= MAX_STORED_CHARACTERS && store.set(key, text);
  };

  const forget = (keys: readonly string[]): void => {
    for (const key of keys) store.remove(key);
    made = made.filter(({ key }) => !keys.includes(key));
  };

  /** The oldest ones beyond what may be kept. */
  const surplus = (): string[] => {
    let characters = 0;
    const newest = keys().sort((a, b) => (a < b ? 1 : -1));
    return newest.filter((key, index) => {
      characters += (store.get(key) ?? "").length;
      return index >= MAX_EVENTS || characters > MAX_CHARACTERS;
    });
  };

  const timeOf = (key: string): number => Number.parseInt(key.slice(prefix.length), 36) / EACH_MS;

  const left = (): Entry[] => {
    const own = new Set(made.map(({ key }) => key));
    return store
      .keys(prefix)
      .filter((key) => !own.has(key) && Math.abs(now() - timeOf(key)) > LEFT_BEHIND_MS)
      .flatMap((key) => {
        const entry = parseEntry(key, store.get(key));
        if (entry !== null && (!entry.sent || now() - entry.sent < REPEATABLE_MS)) return [entry];
        store.remove(key);
        return [];
      });
  };

  const own = (): Entry[] => {
    onLook();
    // What is gone from the storage was sent by another page, which took it for left behind.
    made = made.filter(({ key, isStored }) => !isStored || store.get(key) !== null);
    return made;
  };

  return {
    own,
    push(event, turn) {
      // Several in a millisecond keep their order; other tabs make theirs in the same one.
      order = Math.max(order + 1, now() * EACH_MS);
      const entry = { key: `${prefix}${order.toString(36)}.${event.messageId}`, turn, event, sent: 0 };
      made.push({ ...entry, isStored: write(entry) });
      const old = surplus();
      if (old.length > 0) onFull();
      forget(old);
    },
    due: () => [...left(), ...own()].sort((a, b) => (a.key < b.key ? -1 : 1)),
    size: () => keys().length,
    remove: (entries) => forget(entries.map(({ key }) => key)),
    mark(entries, sent) {
      for (const entry of entries) {
        if (entry.sent === sent) continue;
        entry.sent = sent;
        if (store.get(entry.key) !== null) write(entry);
      }
    },
    restore() {
      for (const entry of made) entry.isStored = write(entry);
    },
  };
}

function parseEntry(key: string, text: string | null): Entry | null {
  try {
    const entry = { ...(JSON.parse(text ?? "") as Entry), key };
    return entry.event.type.length > 0 && entry.turn > 0 && entry.sent >= 0 ? entry : null;
  } catch {
    return null;
  }
}
