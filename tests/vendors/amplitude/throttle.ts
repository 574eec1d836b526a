/** How many events of one user or device Amplitude takes: a rate over the last 30 seconds, and a quota of the day. */
import { type JsonRecord, SECOND_MS } from "../strict.ts";
import type { World } from "../world.ts";

const WINDOW_SECONDS = 30;

/** Of `TooManyRequestsForDeviceError`: what names devices, users, and indexes of events. */
export interface Throttled {
  devices: Record<string, number>;
  users: Record<string, number>;
  events: number[];
}

/**
 * Devices and users above the threshold when these events are added to those of the last 30 seconds; null where there are none.
 * @param threshold events per second
 */
export function findThrottled(events: readonly JsonRecord[], world: World, threshold: number): Throttled | null {
  const since = world.now() - WINDOW_SECONDS * SECOND_MS;
  const recent = world.accepted
    .filter(({ receivedAt }) => receivedAt > since)
    .map(({ payload }) => payload as JsonRecord);
  const all = [...recent, ...events];
  const above = (field: string) => {
    const counts = new Map<string, number>();
    for (const event of all)
      if (typeof event[field] === "string") counts.set(event[field], (counts.get(event[field]) ?? 0) + 1);
    const rates = [...counts].map(([id, count]) => [id, Math.ceil(count / WINDOW_SECONDS)] as const);
    const present = new Set(events.map((event) => event[field]));
    return Object.fromEntries(rates.filter(([id, rate]) => rate > threshold && present.has(id)));
  };
  return named(events, { devices: above("device_id"), users: above("user_id") });
}

/** What these events have of the named devices and users; null where they have none. */
export function named(
  events: readonly JsonRecord[],
  { devices, users }: Pick<Throttled, "devices" | "users">,
): Throttled | null {
  const isOne = (event: JsonRecord) =>
    Object.hasOwn(devices, String(event["device_id"])) || Object.hasOwn(users, String(event["user_id"]));
  const indexes = events.flatMap((event, index) => (isOne(event) ? [index] : []));
  return indexes.length === 0 ? null : { devices, users, events: indexes };
}
