import { AsyncLocalStorage } from "node:async_hooks";
import { StoreError } from "./store-error.ts";

/** A transaction of this process. */
interface Turn {
  state: "waiting" | "inside" | "over";
}

/** Counts what is under way, so that closing can wait for it, and lets transactions through one at a time. */
export interface Gate {
  /** Before a connection is taken. @throws {StoreError} closed, or misuse */
  enter(): void;
  /** After it was given back. */
  leave(): void;
  /**
   * Runs transactions one after the other: those of one process need one connection between them. `run` gets a function
   * to call `work` through, once the transaction is open.
   */
  transact<T>(run: (inside: <U>(work: () => Promise<U>) => Promise<U>) => Promise<T>): Promise<T>;
  /** Refuses what comes from now on and waits for the rest. */
  close(): Promise<void>;
}

export function openGate(): Gate {
  const turns = new AsyncLocalStorage<Turn>();
  let underWay = 0;
  let isClosing = false;
  let whenEmpty: (() => void)[] = [];
  let last: Promise<unknown> = Promise.resolve();

  function enter(): void {
    const turn = turns.getStore();
    if (turn?.state === "inside") throw misused();
    if (isClosing && turn?.state !== "waiting") throw closed();
    underWay += 1;
  }

  function leave(): void {
    underWay -= 1;
    if (underWay > 0) return;
    for (const resolve of whenEmpty) resolve();
    whenEmpty = [];
  }

  async function takeTurn<T>(turn: Turn, run: Parameters<Gate["transact"]>[0]): Promise<T> {
    try {
      return (await run((work) => {
        turn.state = "inside";
        return work();
      })) as T;
    } finally {
      turn.state = "over";
    }
  }

  return {
    enter,
    leave,
    async transact<T>(run: Parameters<Gate["transact"]>[0]) {
      enter();
      const turn: Turn = { state: "waiting" };
      try {
        const mine = turns.run(turn, () => last.then(() => takeTurn<T>(turn, run)));
        last = mine.catch(() => undefined);
        return await mine;
      } finally {
        leave();
      }
    },
    async close() {
      isClosing = true;
      if (underWay > 0) await new Promise<void>((resolve) => whenEmpty.push(resolve));
    },
  };
}

function misused(): StoreError {
  return new StoreError("The database was used inside a transaction, which would wait for itself.", {
    fault: "misuse",
    cure: "Use the queries that the transaction's work is given.",
  });
}

function closed(): StoreError {
  return new StoreError("The database is closed.", { fault: "closed", cure: "Open it again." });
}
