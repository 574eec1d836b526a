/** What the worker knows of one partition: which deliveries are under way, which are parked, and what is not yet committed. */
import type { NewRecord } from "@datafly-signal/ports/log";
import { Tally } from "./tally.ts";
import {
  encodeHead,
  encodeParked,
  headKey,
  type LoadedPartition,
  type ParkedFacts,
  parkedKey,
} from "./ledger-format.ts";

/** A parked delivery in memory. */
export interface Parked extends ParkedFacts {
  readonly home: PartitionLedger;
  readonly offset: number;
  /** It left its waiting place: it is being sent or given up. */
  taken: boolean;
}

/** What one commit writes for one partition. */
export interface LedgerPiece {
  home: PartitionLedger;
  high: number;
  append: NewRecord[];
  tally: Tally;
}

export interface LedgerPlace {
  ledgerTopic: string;
  group: string;
  partition: number;
}

export class PartitionLedger {
  readonly partition: number;
  /** The offset after the last record taken in: what comes below it came before. */
  next: number;
  /** It belongs to another worker now: nothing is sent or committed for it any more. */
  revoked = false;
  readonly parked = new Map<number, Parked>();
  readonly #place: LedgerPlace;
  /** The offset after the last delivery that was begun. */
  #high: number;
  /** Offsets taken in and neither done nor parked, rising. */
  readonly #live = new Set<number>();
  #changes = new Map<number, Parked | null>();
  #append: NewRecord[] = [];
  #tally = new Tally();
  #dirty = false;

  /** @param end the offset after the partition's last record: beyond it a ledger stands only after a wrong restore, and what comes must not be skipped */
  constructor(place: LedgerPlace, loaded: LoadedPartition | undefined, end: number) {
    this.partition = place.partition;
    this.#place = place;
    this.#high = Math.min(loaded?.high ?? 0, end);
    this.next = this.#high;
    for (const offset of loaded?.unfinished ?? []) this.#live.add(offset);
    for (const [offset, facts] of loaded?.parked ?? []) {
      this.parked.set(offset, { ...facts, home: this, offset, taken: false });
    }
  }

  unfinished(): number[] {
    return [...this.#live];
  }

  get dirty(): boolean {
    return this.#dirty;
  }

  /** A record was read. False when it came before: after a rebalance some come twice. */
  takeIn(offset: number): boolean {
    if (offset < this.next) return false;
    this.next = offset + 1;
    this.#live.add(offset);
    return true;
  }

  /** Its first request is being made. */
  begin(offset: number): void {
    if (offset >= this.#high) this.#high = offset + 1;
  }

  /** It reached its end, parked before or not. */
  done(offset: number): void {
    this.begin(offset);
    this.#dirty = true;
    if (this.#live.delete(offset)) return;
    if (this.parked.delete(offset)) this.#changes.set(offset, null);
  }

  park(parked: Parked): void {
    this.begin(parked.offset);
    this.#dirty = true;
    this.#live.delete(parked.offset);
    this.parked.set(parked.offset, parked);
    this.#changes.set(parked.offset, parked);
  }

  /** A record that belongs into the next commit. */
  append(record: NewRecord): void {
    this.#append.push(record);
    this.#dirty = true;
  }

  get tally(): Tally {
    return this.#tally;
  }

  /** Everything since the last call, as one piece of a commit. */
  takePiece(): LedgerPiece {
    const { ledgerTopic, group, partition } = this.#place;
    const append = this.#append;
    append.push({ topic: ledgerTopic, key: headKey(group, partition), value: encodeHead(this.#high, this.#below()) });
    for (const [offset, parked] of this.#changes) {
      const value = parked === null ? null : encodeParked(parked);
      append.push({ topic: ledgerTopic, key: parkedKey(group, partition, offset), value });
    }
    const piece = { home: this, high: this.#high, append, tally: this.#tally };
    this.#append = [];
    this.#changes = new Map();
    this.#tally = new Tally();
    this.#dirty = false;
    return piece;
  }

  *#below(): Generator<number> {
    for (const offset of this.#live) {
      // The set is in rising order: what follows was not begun either.
      if (offset >= this.#high) return;
      yield offset;
    }
  }
}
