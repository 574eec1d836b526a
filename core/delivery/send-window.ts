/** How many requests of a lane may be under way at once: few, so that a crash repeats few, until a backlog lasts. */

const FIRST_SLOTS = 8;
/** A backlog lasts when every slot was in use, and more waited, for so long: longer than a start or a burst takes. */
const LASTING_MS = 1_000;
const GROWTH = 2;

/** Plain and immutable; times are of the monotonic clock, in milliseconds. */
export interface SendWindow {
  /** Requests that may be under way at once, where the connector's limit is not lower. */
  slots: number;
  /** Since when every slot has been in use while more waited; null when that is not so. */
  fullSince: number | null;
  /** The backlog lasts. */
  lasting: boolean;
}

/** What is seen of a lane after it sent what it may. */
export interface WindowFacts {
  now: number;
  /** Requests without an answer yet. */
  underWay: number;
  /** Something could be sent if there were a slot. */
  waiting: boolean;
  /** The connector's. */
  limit: number;
}

export const FIRST_WINDOW: SendWindow = { slots: FIRST_SLOTS, fullSince: null, lasting: false };

/** The slots that are open: the window's, the connector's limit at most. */
export function openSlots({ slots }: SendWindow, limit: number): number {
  return Math.min(slots, limit);
}

/** The window after a look at the lane. */
export function afterLook(window: SendWindow, facts: WindowFacts): SendWindow {
  const { now, underWay, waiting, limit } = facts;
  if (!waiting || underWay === 0) return fallenBack(window, underWay);
  const open = openSlots(window, limit);
  if (underWay < open) return window.fullSince === null ? window : { ...window, fullSince: null };
  if (window.fullSince === null) return { ...window, fullSince: now };
  if (now - window.fullSince < LASTING_MS) return window;
  if (open === limit) return window.lasting ? window : { ...window, lasting: true };
  return { slots: Math.min(open * GROWTH, limit), fullSince: null, lasting: true };
}

/** When a look may find the window wider although nothing else happened; null when none would. */
export function widensAt({ slots, fullSince }: SendWindow, limit: number): number | null {
  return fullSince === null || slots >= limit ? null : fullSince + LASTING_MS;
}

/** Nothing waits: what is under way is all that the load needs. */
function fallenBack(window: SendWindow, underWay: number): SendWindow {
  const slots = Math.max(FIRST_SLOTS, Math.min(window.slots, underWay));
  if (slots === FIRST_SLOTS) return FIRST_WINDOW;
  return slots === window.slots && window.fullSince === null && !window.lasting
    ? window
    : { slots, fullSince: null, lasting: false };
}
