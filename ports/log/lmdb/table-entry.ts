import type { LogRecord } from "../event-log.ts";
import { type BlockRecord, blockTimestamp, decodeBlock, encodeBlock } from "./block-format.ts";

/** An entry of a compacted topic: partition u16, offset u48, then a block of one record. */
const POSITION_BYTES = 8;

export interface EntryPlace {
  partition: number;
  offset: number;
  timestamp: number;
}

export function encodeEntry(record: BlockRecord, { partition, offset, timestamp }: EntryPlace): Buffer {
  const position = Buffer.allocUnsafe(POSITION_BYTES);
  position.writeUInt16BE(partition, 0);
  position.writeUIntBE(offset, 2, 6);
  return Buffer.concat([position, encodeBlock([record], timestamp)]);
}

export function tablePosition(entry: Uint8Array): { partition: number; offset: number } {
  const position = Buffer.from(entry.buffer, entry.byteOffset, POSITION_BYTES);
  return { partition: position.readUInt16BE(0), offset: position.readUIntBE(2, 6) };
}

export function tableTimestamp(entry: Uint8Array): number {
  return blockTimestamp(entry.subarray(POSITION_BYTES));
}

export function tableRecord(entry: Uint8Array, topic: string): LogRecord {
  const [record] = decodeBlock(entry.subarray(POSITION_BYTES), { topic, ...tablePosition(entry) });
  if (record === undefined) throw new RangeError(`An entry of ${topic} holds no record.`);
  return record;
}
