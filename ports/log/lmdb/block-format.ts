import type { LogRecord, NewRecord } from "../event-log.ts";

/**
 * Records of one partition that were committed together are stored as blocks: fewer, larger values cost less to write,
 * compress better and go at once when retention comes. Offsets within a block are contiguous from its key's.
 *
 * Layout, little-endian: version u8, flags u8, count u32, timestamp f64; then each record: key bytes u32, value bytes
 * u32, header count u16, key, headers (name bytes u16, text bytes u32, name, text), value.
 */
const VERSION = 1;
const PREFIX_BYTES = 14;
const RECORD_BYTES = 10;
/** A block is closed when its values reach this; one larger record is a block of its own. */
const BLOCK_BYTES = 16_384;

const NO_HEADERS: Readonly<Record<string, string>> = Object.freeze({});

export type BlockRecord = Pick<NewRecord, "key" | "value" | "headers">;

/** Cuts records into runs of at most `BLOCK_BYTES` of values. */
export function cutBlocks<T extends BlockRecord>(records: readonly T[]): T[][] {
  const blocks: T[][] = [];
  let current: T[] = [];
  let bytes = 0;
  for (const record of records) {
    const size = record.value?.byteLength ?? 0;
    if (current.length > 0 && bytes + size > BLOCK_BYTES) {
      blocks.push(current);
      current = [];
      bytes = 0;
    }
    current.push(record);
    bytes += size;
  }
  if (current.length > 0) blocks.push(current);
  return blocks;
}

export function encodeBlock(records: readonly BlockRecord[], timestamp: number): Buffer {
  const block = Buffer.allocUnsafe(records.reduce((sum, record) => sum + boundOf(record), PREFIX_BYTES));
  block.writeUInt8(VERSION, 0);
  block.writeUInt8(0, 1);
  block.writeUInt32LE(records.length, 2);
  block.writeDoubleLE(timestamp, 6);
  let at = PREFIX_BYTES;
  for (const record of records) at = writeRecord(block, at, record);
  return block.subarray(0, at);
}

/** At most as many bytes as the record needs: a UTF-16 unit is at most three bytes of UTF-8. */
function boundOf({ key, value, headers }: BlockRecord): number {
  let bytes = RECORD_BYTES + key.length * 3 + (value?.byteLength ?? 0);
  if (headers === undefined) return bytes;
  for (const name of Object.keys(headers)) bytes += 6 + (name.length + (headers[name] ?? "").length) * 3;
  return bytes;
}

function writeRecord(block: Buffer, start: number, { key, value, headers }: BlockRecord): number {
  const names = headers === undefined ? [] : Object.keys(headers);
  const keyBytes = block.write(key, start + RECORD_BYTES, "utf8");
  block.writeUInt32LE(keyBytes, start);
  block.writeUInt32LE(value?.byteLength ?? 0, start + 4);
  block.writeUInt16LE(names.length, start + 8);
  let at = start + RECORD_BYTES + keyBytes;
  for (const name of names) at = writeHeader(block, at, [name, headers?.[name] ?? ""]);
  if (value !== null) block.set(value, at);
  return at + (value?.byteLength ?? 0);
}

function writeHeader(block: Buffer, start: number, [name, text]: [string, string]): number {
  const nameBytes = block.write(name, start + 6, "utf8");
  const textBytes = block.write(text, start + 6 + nameBytes, "utf8");
  block.writeUInt16LE(nameBytes, start);
  block.writeUInt32LE(textBytes, start + 2);
  return start + 6 + nameBytes + textBytes;
}

/** Where a block stands. */
export interface BlockPlace {
  topic: string;
  partition: number;
  /** The offset of its first record. */
  offset: number;
}

/** The records of a block; their values are views of it. */
export function decodeBlock(bytes: Uint8Array, place: BlockPlace): LogRecord[] {
  const block = bufferOf(bytes);
  const count = block.readUInt32LE(2);
  const timestamp = block.readDoubleLE(6);
  const records: LogRecord[] = [];
  let at = PREFIX_BYTES;
  for (let index = 0; index < count; index += 1) {
    const { record, end } = readRecord(block, at, { ...place, offset: place.offset + index, timestamp });
    records.push(record);
    at = end;
  }
  return records;
}

/** One record of a block, without making the others; undefined when the block ends before it. */
export function decodeRecord(bytes: Uint8Array, place: BlockPlace, index: number): LogRecord | undefined {
  const block = bufferOf(bytes);
  if (index < 0 || index >= block.readUInt32LE(2)) return undefined;
  let at = PREFIX_BYTES;
  for (let before = 0; before < index; before += 1) at = skipRecord(block, at);
  return readRecord(block, at, { ...place, offset: place.offset + index, timestamp: block.readDoubleLE(6) }).record;
}

export function blockCount(bytes: Uint8Array): number {
  return bufferOf(bytes).readUInt32LE(2);
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function readRecord(
  block: Buffer,
  start: number,
  place: BlockPlace & { timestamp: number },
): { record: LogRecord; end: number } {
  const keyEnd = start + RECORD_BYTES + block.readUInt32LE(start);
  const { headers, end: valueStart } = readHeaders(block, keyEnd, block.readUInt16LE(start + 8));
  const end = valueStart + block.readUInt32LE(start + 4);
  const record = {
    topic: place.topic,
    partition: place.partition,
    offset: place.offset,
    key: block.toString("utf8", start + RECORD_BYTES, keyEnd),
    value: block.subarray(valueStart, end),
    timestamp: place.timestamp,
    headers,
  };
  return { record, end };
}

function skipRecord(block: Buffer, start: number): number {
  let at = start + RECORD_BYTES + block.readUInt32LE(start);
  for (let count = block.readUInt16LE(start + 8); count > 0; count -= 1) {
    at += 6 + block.readUInt16LE(at) + block.readUInt32LE(at + 2);
  }
  return at + block.readUInt32LE(start + 4);
}

export function blockTimestamp(bytes: Uint8Array): number {
  return bufferOf(bytes).readDoubleLE(6);
}

function readHeaders(block: Buffer, start: number, count: number): { headers: LogRecord["headers"]; end: number } {
  if (count === 0) return { headers: NO_HEADERS, end: start };
  const headers: Record<string, string> = {};
  let at = start;
  for (let index = 0; index < count; index += 1) {
    const nameEnd = at + 6 + block.readUInt16LE(at);
    const textEnd = nameEnd + block.readUInt32LE(at + 2);
    headers[block.toString("utf8", at + 6, nameEnd)] = block.toString("utf8", nameEnd, textEnd);
    at = textEnd;
  }
  return { headers, end: at };
}
