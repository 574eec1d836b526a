/** The bound on bytes of requests under way: what would go over it is refused before memory grows. */

export interface InFlight {
  /** Whether so much could be taken now. */
  hasRoom(bytes: number): boolean;
  /** False, and nothing taken, when the bound is reached. */
  reserve(bytes: number): boolean;
  /** Takes what is already there. */
  add(bytes: number): void;
  release(bytes: number): void;
  bytes(): number;
}

export function inFlight(maxBytes: number): InFlight {
  let used = 0;
  const hasRoom = (bytes: number): boolean => used + bytes <= maxBytes;
  return {
    hasRoom,
    reserve(bytes) {
      if (!hasRoom(bytes)) return false;
      used += bytes;
      return true;
    },
    add(bytes) {
      used += bytes;
    },
    release(bytes) {
      used -= bytes;
    },
    bytes: () => used,
  };
}
