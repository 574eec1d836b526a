import type { Position } from "@datafly-signal/core";

/** Partition u16 and offset u48, big-endian. */
export const POSITION_BYTES = 8;

export function writePosition(target: Buffer, at: number, { partition, offset }: Position): void {
  target.writeUInt16BE(partition, at);
  target.writeUIntBE(offset, at + 2, 6);
}

export function readPosition(source: Buffer, at: number): Position {
  return { partition: source.readUInt16BE(at), offset: source.readUIntBE(at + 2, 6) };
}
