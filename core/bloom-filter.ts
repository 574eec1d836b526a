/** Ten bits and seven looks a key: about one in 120 absent keys is taken for a present one. */
const BITS_PER_KEY = 10;
const LOOKS = 7;

/** Tells surely that a key is absent, and nearly surely that it is present. Keys are random bytes, at least 12. */
export interface BloomFilter {
  bits: Uint8Array;
}

export function bloomFilter(keys: number): BloomFilter {
  return { bits: new Uint8Array(Math.max(8, Math.ceil((keys * BITS_PER_KEY) / 8))) };
}

export function addKey({ bits }: BloomFilter, key: Uint8Array): void {
  const size = bits.length * 8;
  const step = word(key, 4) | 1;
  let place = word(key, 0) ^ word(key, 8);
  for (let look = 0; look < LOOKS; look += 1) {
    const bit = (place >>> 0) % size;
    bits[bit >>> 3] = (bits[bit >>> 3] ?? 0) | (1 << (bit & 7));
    place = (place + step) | 0;
  }
}

export function mayHold({ bits }: BloomFilter, key: Uint8Array): boolean {
  const size = bits.length * 8;
  const step = word(key, 4) | 1;
  let place = word(key, 0) ^ word(key, 8);
  for (let look = 0; look < LOOKS; look += 1) {
    const bit = (place >>> 0) % size;
    if (((bits[bit >>> 3] ?? 0) & (1 << (bit & 7))) === 0) return false;
    place = (place + step) | 0;
  }
  return true;
}

/** Four bytes of the key: it is a hash already, so no other is needed. */
function word(key: Uint8Array, at: number): number {
  return (key[at] ?? 0) | ((key[at + 1] ?? 0) << 8) | ((key[at + 2] ?? 0) << 16) | ((key[at + 3] ?? 0) << 24);
}
