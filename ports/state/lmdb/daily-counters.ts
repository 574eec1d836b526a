import type { Bytes, Environment } from "../../lmdb-environments.ts";
import type { TokenRequest } from "../state-store.ts";
import { type DailyCount, countOfToday } from "../token-bucket.ts";
import { commitState } from "./state-commit.ts";
import { storageKey } from "./storage-key.ts";

/** Requests set aside at once, so that not each of them is a commit; a crash counts these as spent. */
const MAX_BLOCK = 1000;
const BLOCK_SHARE = 0.01;

export interface DailyCounters {
  /** Takes up to `wanted` requests of the bucket's day; what it answers is spent. */
  take(request: TokenRequest, wanted: number): number;
  /** Gives back what was set aside and not used. */
  close(): void;
}

interface SetAside {
  day: number;
  left: number;
}

export function dailyCounters(work: Environment): DailyCounters {
  const table: Bytes = work.database("counters");
  const aside = new Map<string, SetAside>();

  function reserve({ bucket, daily, now }: TokenRequest, wanted: number): number {
    const { key } = storageKey(bucket);
    const granted = commitState(work, () => {
      const stored = countOfToday(decode(table.get(key)), now);
      const held = aside.get(bucket);
      const left = held?.day === stored.day ? held.left : 0;
      const room = Math.max(0, daily - stored.spent);
      const more = Math.min(wanted - left, room);
      const block = Math.min(room - more, MAX_BLOCK, Math.ceil(daily * BLOCK_SHARE));
      if (more + block > 0) table.putSync(key, encode({ day: stored.day, spent: stored.spent + more + block }));
      return { count: left + more, rest: { day: stored.day, left: block } };
    });
    aside.set(bucket, granted.rest);
    return granted.count;
  }

  return {
    take(request, wanted) {
      if (wanted <= 0) return 0;
      const held = aside.get(request.bucket);
      const today = countOfToday(held === undefined ? undefined : { day: held.day, spent: 0 }, request.now);
      if (held === undefined || held.day !== today.day || held.left < wanted) return reserve(request, wanted);
      held.left -= wanted;
      return wanted;
    },
    close() {
      const unused = [...aside].filter(([, { left }]) => left > 0);
      aside.clear();
      if (unused.length === 0) return;
      commitState(work, () => {
        for (const [bucket, { day, left }] of unused) {
          const { key } = storageKey(bucket);
          const stored = decode(table.get(key));
          if (stored?.day === day) table.putSync(key, encode({ day, spent: Math.max(0, stored.spent - left) }));
        }
      });
    },
  };
}

function encode({ day, spent }: DailyCount): Buffer {
  const stored = Buffer.allocUnsafe(16);
  stored.writeDoubleBE(day, 0);
  stored.writeDoubleBE(spent, 8);
  return stored;
}

function decode(stored: Buffer | undefined): DailyCount | undefined {
  return stored === undefined ? undefined : { day: stored.readDoubleBE(0), spent: stored.readDoubleBE(8) };
}
