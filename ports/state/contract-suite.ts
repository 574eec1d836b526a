/** What every state store must do: the contract as tests, run against each adapter. */
import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { describe, test } from "node:test";
import type { Position } from "@datafly-signal/core";
import type { StateStore, StateValue } from "./state-store.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = Date.UTC(2026, 0, 5, 10, 30);

/** @param open gives a store for one test; it may be shared between tests, keys are never reused */
export function stateStoreSuite(name: string, open: () => Promise<StateStore>): void {
  describe(`state store: ${name}`, () => {
    for (const [title, run] of Object.entries({ ...DEDUPE, ...STATES, ...TOKENS, ...RECORDS })) {
      test(title, async () => {
        const store = await open();
        try {
          await run(store);
        } finally {
          await store.close();
        }
      });
    }
  });
}

type Cases = Record<string, (store: StateStore) => Promise<void>>;

/** The 12 bytes that processors use. */
export function dedupeKey(text: string): Uint8Array {
  return createHash("sha256").update(text).digest().subarray(0, 12);
}

function at(offset: number, partition = 0): Position {
  return { partition, offset };
}

function bytes(text: string): Uint8Array {
  return Buffer.from(text);
}

function text(value: StateValue): string | undefined {
  return value === undefined ? undefined : Buffer.from(value).toString();
}

const DEDUPE: Cases = {
  "a key is first once; at the same position it is first again": async (store) => {
    const keys = [dedupeKey(randomUUID()), dedupeKey(randomUUID())];
    assert.deepEqual(await store.firstSeen(keys, [at(1), at(2)], NOW), [true, true]);
    assert.deepEqual(await store.firstSeen(keys, [at(3), at(2)], NOW), [false, true]);
    assert.deepEqual(await store.firstSeen(keys, [at(1, 1), at(1)], NOW), [false, false]);
    assert.deepEqual(await store.firstSeen([], [], NOW), []);
  },
  "of equal keys in one call the first wins, also when the call is repeated": async (store) => {
    const key = dedupeKey(randomUUID());
    for (let time = 0; time < 2; time += 1) {
      assert.deepEqual(await store.firstSeen([key, key, key], [at(5), at(7), at(5)], NOW), [true, false, false]);
    }
  },
  "a key is remembered for 24 hours, across its buckets, and forgotten after 25": async (store) => {
    const key = dedupeKey(randomUUID());
    await store.firstSeen([key], [at(1)], NOW);
    for (let hours = 1; hours <= 23; hours += 1) {
      const other = dedupeKey(randomUUID());
      assert.deepEqual(await store.firstSeen([key, other], [at(2), at(10 + hours)], NOW + hours * HOUR), [false, true]);
    }
    assert.deepEqual(await store.firstSeen([key], [at(3)], NOW + DAY - 1), [false]);
    assert.deepEqual(await store.firstSeen([key], [at(1)], NOW + DAY - 1), [true]);
    assert.deepEqual(await store.firstSeen([key], [at(4)], NOW + DAY + HOUR), [true]);
    assert.deepEqual(await store.firstSeen([key], [at(5)], NOW + DAY + HOUR), [false]);
  },
  "a clock that steps keeps the store working": async (store) => {
    const [before, ahead, back] = [randomUUID(), randomUUID(), randomUUID()].map(dedupeKey);
    const see = async (key: Uint8Array | undefined, offset: number, now: number): Promise<boolean | undefined> =>
      (await store.firstSeen([key ?? dedupeKey("")], [at(offset)], now))[0];
    assert.equal(await see(before, 1, NOW), true);
    assert.equal(await see(ahead, 2, NOW + 365 * DAY), true);
    assert.equal(await see(back, 3, NOW - 5 * HOUR), true);
    assert.equal(await see(back, 4, NOW - 4 * HOUR), false);
    assert.equal(await see(ahead, 5, NOW + HOUR), false);
  },
};

const STATES: Cases = {
  "a state is read back, also an empty and a large one, under odd keys": async (store) => {
    const base = randomUUID();
    const keys = [`${base}:ü🔑`, `${base}:${"x".repeat(5000)}`, `${base}:${"x".repeat(5000)}y`];
    const values = [new Uint8Array(0), bytes("a".repeat(100_000)), bytes("z")];
    await store.write(keys.map((key, index) => ({ key, value: values[index] ?? bytes(""), position: at(index) })));
    const read = await store.read([...keys, `${base}:none`], [at(50), at(50), at(50), at(50)]);
    assert.deepEqual(read.map(text), ["", "a".repeat(100_000), "z", undefined]);
  },
  "a record at or before the stored position sees the value before": async (store) => {
    const key = randomUUID();
    const see = async (position: Position): Promise<string | undefined> =>
      text((await store.read([key], [position]))[0]);
    await store.write([{ key, value: bytes("one"), position: at(10) }]);
    assert.deepEqual([await see(at(9)), await see(at(10)), await see(at(11))], [undefined, undefined, "one"]);
    await store.write([{ key, value: bytes("two"), position: at(20) }]);
    assert.deepEqual([await see(at(20)), await see(at(21)), await see(at(5, 1))], ["one", "two", "two"]);
  },
  "writing a batch again keeps the value before its first try, as often as it is tried": async (store) => {
    const key = randomUUID();
    await store.write([{ key, value: bytes("base"), position: at(5) }]);
    for (const last of [9, 12, 8]) {
      assert.equal(text((await store.read([key], [at(7)]))[0]), "base");
      await store.write([
        { key, value: bytes("first"), position: at(7) },
        { key, value: bytes(`last ${last}`), position: at(last) },
      ]);
      assert.equal(text((await store.read([key], [at(7)]))[0]), "base");
      assert.equal(text((await store.read([key], [at(last + 1)]))[0]), `last ${last}`);
    }
    await store.write([{ key, value: bytes("merged"), position: at(30), since: 8 }]);
    assert.equal(text((await store.read([key], [at(8)]))[0]), "base");
  },
};

const TOKENS: Cases = {
  "a bucket gives its burst, then its rate": async (store) => {
    const request = { bucket: randomUUID(), rps: 10, burst: 20, daily: 0, now: NOW };
    assert.deepEqual(await store.lease({ ...request, want: 15 }), { granted: 15, waitMs: 0 });
    assert.deepEqual(await store.lease({ ...request, want: 15 }), { granted: 5, waitMs: 100 });
    assert.deepEqual(await store.lease({ ...request, want: 1, now: NOW + 50 }), { granted: 0, waitMs: 50 });
    assert.deepEqual(await store.lease({ ...request, want: 1, now: NOW + 100 }), { granted: 1, waitMs: 0 });
    assert.deepEqual(await store.lease({ ...request, want: 1, now: NOW - HOUR }), { granted: 0, waitMs: 100 });
    assert.deepEqual(await store.lease({ ...request, want: 50, now: NOW + HOUR }), { granted: 20, waitMs: 100 });
    assert.deepEqual(await store.lease({ ...request, bucket: randomUUID(), want: 0 }), { granted: 0, waitMs: 0 });
  },
  "the day's limit holds until midnight UTC": async (store) => {
    const request = { bucket: randomUUID(), rps: 1000, burst: 1000, daily: 250, now: NOW };
    assert.equal((await store.lease({ ...request, want: 200 })).granted, 200);
    const midnight = Math.ceil(NOW / DAY) * DAY;
    assert.deepEqual(await store.lease({ ...request, want: 200 }), { granted: 50, waitMs: midnight - NOW });
    assert.equal((await store.lease({ ...request, want: 1, now: midnight - 1 })).granted, 0);
    assert.equal((await store.lease({ ...request, want: 100, now: midnight })).granted, 100);
    assert.equal((await store.lease({ ...request, want: 200, now: midnight - 1 })).granted, 150);
  },
  "small leases add up to exactly the day's limit": async (store) => {
    const request = { bucket: randomUUID(), rps: 1e6, burst: 1e6, daily: 1234, want: 7, now: NOW };
    let sum = 0;
    for (let turn = 0; turn < 200; turn += 1) sum += (await store.lease(request)).granted;
    assert.equal(sum, 1234);
  },
};

const RECORDS: Cases = {
  "records are kept, replaced, removed and listed in order": async (store) => {
    const base = randomUUID();
    const { records } = store;
    const names = ["b", "a", "c", "é", `a${"x".repeat(2000)}`].map((name) => `${base}/${name}`);
    await records.put(names.map((name) => [name, bytes(name)] as const));
    await records.put([
      [`${base}/b`, bytes("new")],
      [`${base}/c`, null],
      [`${base}/none`, null],
    ]);
    assert.equal(text(await records.get(`${base}/b`)), "new");
    assert.equal(await records.get(`${base}/c`), undefined);
    const keys = async (range: { after?: string; limit?: number }): Promise<string[]> =>
      (await records.list({ prefix: `${base}/`, limit: 100, ...range })).map(([key]) => key.slice(base.length + 1));
    assert.deepEqual(await keys({}), ["a", `a${"x".repeat(2000)}`, "b", "é"]);
    assert.deepEqual(await keys({ limit: 2 }), ["a", `a${"x".repeat(2000)}`]);
    assert.deepEqual(await keys({ after: names[4] ?? "" }), ["b", "é"]);
    assert.deepEqual(await keys({ after: `${base}/é` }), []);
    assert.deepEqual(await keys({ after: "" }), ["a", `a${"x".repeat(2000)}`, "b", "é"]);
    assert.deepEqual(await records.list({ prefix: `${base}0`, limit: 5 }), []);
  },
};
