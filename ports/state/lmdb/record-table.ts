import type { Environment } from "../../lmdb-environments.ts";
import type { RecordTable } from "../state-store.ts";
import { commitState } from "./state-commit.ts";
import { storageKey } from "./storage-key.ts";

/** Before a value: the bytes of its whole key u32 and that key, where it cannot be read from the stored one. */
const PREFIX_BYTES = 4;
const NO_KEY = 0xffff_ffff;

export function recordTable(work: Environment): RecordTable {
  const table = work.database("records");

  return {
    async get(text) {
      work.root.resetReadTxn();
      const stored = table.get(storageKey(text).key);
      return stored === undefined ? undefined : decode(stored).value;
    },
    async put(entries) {
      if (entries.length === 0) return;
      commitState(work, () => {
        for (const [text, value] of entries) {
          const { key, long } = storageKey(text);
          if (value === null) table.removeSync(key);
          else table.putSync(key, encode(long ? text : undefined, value));
        }
      });
    },
    async list({ prefix, after, limit }) {
      work.root.resetReadTxn();
      const from = after === undefined ? undefined : storageKey(after).key;
      const first = Buffer.from(prefix).subarray(0, 900);
      const start = from !== undefined && Buffer.compare(from, first) >= 0 ? from : first;
      const found: [string, Uint8Array][] = [];
      for (const { key, value } of table.getRange(start.length === 0 ? {} : { start })) {
        const record = decode(value);
        const text = record.key ?? Buffer.from(key).toString();
        if (found.length >= limit || !startsWithin(key, first)) break;
        if (text.startsWith(prefix) && !(from !== undefined && Buffer.compare(key, from) <= 0))
          found.push([text, record.value]);
      }
      return found;
    },
  };
}

function startsWithin(key: Uint8Array, prefix: Buffer): boolean {
  return Buffer.compare(key.subarray(0, prefix.length), prefix) === 0;
}

function encode(longKey: string | undefined, value: Uint8Array): Buffer {
  const key = Buffer.from(longKey ?? "");
  const length = Buffer.allocUnsafe(PREFIX_BYTES);
  length.writeUInt32BE(longKey === undefined ? NO_KEY : key.byteLength, 0);
  return Buffer.concat([length, key, value]);
}

function decode(stored: Uint8Array): { key: string | undefined; value: Uint8Array } {
  const bytes = Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength);
  const length = bytes.readUInt32BE(0);
  if (length === NO_KEY) return { key: undefined, value: bytes.subarray(PREFIX_BYTES) };
  const end = PREFIX_BYTES + length;
  return { key: bytes.toString("utf8", PREFIX_BYTES, end), value: bytes.subarray(end) };
}
