/** Who the browser's visitor is until somebody logs in: an id that is proposed to the gateway, and what of it the gateway knows. */
import type { Store } from "./store.ts";

export interface Visitor {
  /** UUID v4, sent as `anonymousIdHint`. */
  id: string;
  /** Which visitor of this browser it is: 1, and one more with every `reset()`. */
  turn: number;
  /** The turn whose visitor the gateway's cookie stands for; 0 while that is not known. */
  settled: number;
}

export interface VisitorKeeper {
  /** As all tabs see it now. */
  current(): Visitor;
  /** Somebody else from here on. */
  reset(): void;
  /** The gateway has answered 200 to an event of this turn; 0: a request is on its way that changes the cookie. */
  settle(turn: number): void;
}

export interface VisitorOptions {
  store: Store;
  key: string;
  newId(): string;
  /** Another tab has reset: forget whom this page knew. */
  onReset(): void;
  /** The page has cleared its storage: what was kept there is gone. */
  onCleared(): void;
}

/** Keeps the visitor in the storage that all tabs share, and in memory while that cannot be written. */
export function visitorKeeper({ store, key, newId, onReset, onCleared }: VisitorOptions): VisitorKeeper {
  let mine: Visitor | undefined;
  /** False while memory is ahead of the storage, or there is none. */
  let isWritten = false;

  const write = (next: Visitor): Visitor => {
    mine = next;
    // As long as what it replaces: that works in a full storage, too.
    isWritten = store.set(key, JSON.stringify(next));
    return next;
  };

  /** A later turn wins: two tabs that write in the same moment must not undo a reset. */
  const isAhead = (known: Visitor, stored: Visitor): boolean =>
    stored.turn < known.turn || (stored.turn === known.turn && !isWritten);

  const current = (): Visitor => {
    const stored = parseVisitor(store.get(key));
    if (stored === null || (mine && isAhead(mine, stored))) {
      const wasCleared = stored === null && isWritten;
      const visitor = write(mine ?? { id: newId(), turn: 1, settled: 1 });
      if (wasCleared) onCleared();
      return visitor;
    }
    const wasReset = mine && stored.turn > mine.turn;
    mine = stored;
    isWritten = true;
    if (wasReset) onReset();
    return stored;
  };

  return {
    current,
    reset() {
      const visitor = current();
      write({ ...visitor, id: newId(), turn: visitor.turn + 1 });
    },
    settle(turn) {
      const visitor = current();
      const isCurrent = turn === 0 || turn === visitor.turn;
      if (isCurrent && visitor.settled !== turn) write({ ...visitor, settled: turn });
    },
  };
}

function parseVisitor(text: string | null): Visitor | null {
  try {
    const visitor = JSON.parse(text ?? "") as Visitor;
    return visitor.id.length === 36 && visitor.turn > 0 && visitor.settled >= 0 ? visitor : null;
  } catch {
    return null;
  }
}
