/** What the protocol takes at most: of a request, an event, its parameters, its items and the user's properties. */
import type { VendorLimits } from "@datafly-signal/core";

const HOUR_MS = 3_600_000;

/** Events may be told up to 72 hours late. */
export const MAX_EVENT_AGE_MS = 72 * HOUR_MS;

export const LIMITS: VendorLimits = {
  // Google names no quota of requests; this only bounds mistakes.
  rps: 1_000,
  daily: 0,
  // The body must be smaller than 130 kB; what is put right before sending may add a little to it.
  batch: { size: 25, bytes: 125_000, intervalMs: 1_000 },
  concurrency: 32,
};

export const MOST_PARAMS = 25;
export const MOST_ITEMS = 200;
export const MOST_CUSTOM_ITEM_PARAMS = 10;
export const MOST_USER_PROPERTIES = 25;
export const LONGEST_NAME = 40;
export const LONGEST_PROPERTY_NAME = 24;
export const LONGEST_PROPERTY_VALUE = 36;
export const LONGEST_USER_ID = 256;

/** Characters of a parameter's value, by the kind of property. */
export const LONGEST_VALUE = { standard: 100, "360": 500 } as const;
/** Parameters about the page may be longer. */
export const LONGEST_PAGE_VALUE: Readonly<Record<string, number>> = {
  page_location: 1_000,
  page_referrer: 420,
  page_title: 300,
};
