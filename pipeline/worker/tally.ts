/** Counts what became of deliveries until the commit that they belong to. */
import type { LaneOutcome, LaneRef, OutcomeRecord } from "@datafly-signal/core";

type Counted = OutcomeRecord & { lane: LaneRef };

export class Tally {
  #counts = new Map<string, Counted>();
  /** The last one counted: most of the time the next is like it. */
  #last: { outcome: LaneOutcome; record: Counted } | null = null;

  /** @param now wall clock, epoch milliseconds */
  add(lane: LaneRef, outcome: LaneOutcome, now: number): void {
    const minute = now - (now % 60_000);
    const last = this.#last;
    if (last !== null && last.outcome === outcome && last.record.lane === lane && last.record.minute === minute) {
      last.record.count += 1;
      return;
    }
    const record: Counted = { v: 1, minute, count: 1, lane, ...outcome };
    this.#last = { outcome, record: this.#merge(record) };
  }

  /** Takes over what another one counted. */
  addAll(other: Tally): void {
    for (const record of other.#counts.values()) this.#merge({ ...record });
  }

  records(): OutcomeRecord[] {
    return [...this.#counts.values()];
  }

  #merge(record: Counted): Counted {
    const key = `${record.lane.pipelineIntegrationId} ${record.lane.pipelineId} ${record.minute} ${record.kind} ${record.reason}`;
    const known = this.#counts.get(key);
    if (known === undefined) {
      this.#counts.set(key, record);
      return record;
    }
    known.count += record.count;
    return known;
  }
}
