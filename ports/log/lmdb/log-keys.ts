/** Keys of the log's databases: big-endian numbers, so that LMDB's order is the order of partitions and offsets. */

const KEY_BYTES = 12;
const MAX_OFFSET = 2 ** 48 - 1;

/** `topic number, partition, offset`: 4 + 2 + 6 bytes. */
export function offsetKey(topic: number, partition: number, offset: number): Buffer {
  const key = Buffer.allocUnsafe(KEY_BYTES);
  key.writeUInt32BE(topic, 0);
  key.writeUInt16BE(partition, 4);
  key.writeUIntBE(offset, 6, 6);
  return key;
}

export function offsetOfKey(key: Uint8Array): number {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).readUIntBE(6, 6);
}

/** The key after the last one of a partition, for the ends of ranges. */
export function partitionEnd(topic: number, partition: number): Buffer {
  return offsetKey(topic, partition, MAX_OFFSET);
}

/** Where a partition's head stands. */
export function headKey(topic: number, partition: number): Buffer {
  return offsetKey(topic, partition, 0).subarray(0, 6);
}

/** A committed offset: the group's name, a zero byte, topic number and partition. */
export function commitKey(group: string, topic: number, partition: number): Buffer {
  return Buffer.concat([Buffer.from(`${group}\0`), headKey(topic, partition)]);
}

/** An entry of a compacted topic: topic number and the record's key. */
export function tableKey(topic: number, key: string): Buffer {
  const number = Buffer.allocUnsafe(4);
  number.writeUInt32BE(topic, 0);
  return Buffer.concat([number, Buffer.from(key)]);
}

/** The smallest key after all that start with these bytes. */
export function afterPrefix(prefix: Uint8Array): Buffer {
  const end = Buffer.from(prefix);
  for (let index = end.length - 1; index >= 0; index -= 1) {
    const byte = end[index] ?? 0;
    if (byte === 0xff) continue;
    end[index] = byte + 1;
    return end.subarray(0, index + 1);
  }
  return Buffer.alloc(end.length + 1, 0xff);
}
