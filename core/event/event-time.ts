/** Times as clients send them: ISO 8601 read leniently, and corrected for a wrong client clock. */

const ISO_TIME =
  /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?)(?: ?([Zz]|[+-]\d\d(?::?\d\d)?))?)?$/;

/** As `Date.prototype.toISOString` writes it, and nearly every client sends it; on a day that every month has. */
const USUAL_TIME = /^\d{4}-\d\d-(?:[01]\d|2[0-8])T\d\d:\d\d:\d\d\.\d{3}Z$/;

/** Before it, ISO 8601 needs more digits for a year than most readers take. */
const YEAR_ZERO = Date.parse("0000-01-01T00:00:00.000Z");

/**
 * Epoch milliseconds of an ISO 8601 date or date and time; null when it is none.
 * A time without a zone counts as UTC, whatever the machine's own zone is.
 */
export function parseTime(text: string): number | null {
  if (USUAL_TIME.test(text)) return orNull(Date.parse(text));
  const match = ISO_TIME.exec(text);
  if (match === null) return null;
  const [, year = "", month = "", day = "", time = "00:00", zone = "Z"] = match;
  if (Number(day) > 28 && Number(day) > daysInMonth(Number(year), Number(month))) return null;
  const offset = zone.length === 3 ? `${zone}:00` : zone.toUpperCase();
  return orNull(Date.parse(`${year}-${month}-${day}T${time.replace(",", ".")}${offset}`));
}

function orNull(epoch: number): number | null {
  return Number.isNaN(epoch) ? null : epoch;
}

function daysInMonth(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

/**
 * When an event happened, in epoch milliseconds. The client's clock is compared with ours by `sentAt`;
 * a time in the future becomes `receivedAt`, the past is never touched (offline queues, imports).
 */
export function correctTime(times: { original: number | null; sentAt: number | null; receivedAt: number }): number {
  const { original, sentAt, receivedAt } = times;
  if (original === null) return receivedAt;
  const corrected = sentAt === null ? original : receivedAt - (sentAt - original);
  return Math.min(Math.max(corrected, YEAR_ZERO), receivedAt);
}
