/** Instants: ISO 8601 text or epoch numbers in, any of the forms vendors ask for out; UTC throughout. */
import { Type } from "typebox";
import { compilePattern } from "./date-pattern.ts";
import {
  numberOf,
  onText,
  TransformError,
  type ArgumentFault,
  type TransformDefinition,
  type Value,
} from "./definition.ts";

const ISO =
  /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?: ?([Zz]|[+-]\d\d(?::?\d\d)?))?)?$/;

/** Offset of a zone such as `+02:00`, in minutes; text without a zone is UTC. */
function zoneMinutes(zone: string | undefined): number {
  if (zone === undefined || zone === "Z" || zone === "z") return 0;
  const digits = zone.slice(1).replace(":", "").padEnd(4, "0");
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2));
  return zone.startsWith("-") ? -minutes : minutes;
}

const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function daysIn(year: number, month: number): number {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return (MONTH_DAYS[month - 1] ?? 0) + (month === 2 && leap ? 1 : 0);
}

interface ClockTime {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
}

/** Seconds since 1970, in UTC; undefined for a day or a time of day that does not exist. */
function secondsOf({ year, month, day, hour, minute, second }: ClockTime): number | undefined {
  // Date.UTC reads years below 100 as 19xx.
  if (year < 100 || day < 1 || day > daysIn(year, month) || hour > 23 || minute > 59 || second > 59) return undefined;
  return Date.UTC(year, month - 1, day, hour, minute, second) / 1000;
}

/** The number that digits in a text are; NaN when there is anything else. */
function digits(text: string, from: number, to: number): number {
  let number = 0;
  for (let at = from; at < to; at += 1) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return NaN;
    number = number * 10 + digit;
  }
  return number;
}

/** `2026-02-25T14:30:00.900Z`, the form that nearly all times have, without a regular expression. */
function commonMicros(text: string): number | undefined {
  const marks = text.length === 24 && text[4] === "-" && text[7] === "-" && text[10] === "T" && text[13] === ":";
  if (!marks || text[16] !== ":" || text[19] !== "." || text[23] !== "Z") return undefined;
  const [year, month, day] = [digits(text, 0, 4), digits(text, 5, 7), digits(text, 8, 10)];
  const [hour, minute, second] = [digits(text, 11, 13), digits(text, 14, 16), digits(text, 17, 19)];
  const fraction = digits(text, 20, 23);
  if (Number.isNaN(year + month + day + hour + minute + second + fraction)) return undefined;
  const seconds = secondsOf({ year, month, day, hour, minute, second });
  return seconds === undefined ? undefined : seconds * 1e6 + fraction * 1e3;
}

/** Microseconds since 1970 of an ISO 8601 text; undefined when it is none, or names a day that does not exist. */
function isoMicros(text: string): number | undefined {
  const match = ISO.exec(text);
  if (!match) return undefined;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const [hour, minute, second] = [Number(match[4] ?? 0), Number(match[5] ?? 0), Number(match[6] ?? 0)];
  const seconds = secondsOf({ year, month, day, hour, minute, second });
  if (seconds === undefined) return undefined;
  const fraction = match[7];
  const micros = fraction === undefined ? 0 : Number(fraction.padEnd(6, "0").slice(0, 6));
  return (seconds - zoneMinutes(match[8]) * 60) * 1e6 + micros;
}

/** Epoch numbers are told apart by size: below 1e11 seconds, below 1e14 milliseconds, below 9e15 microseconds. */
function epochMicros(value: number): number | undefined {
  const size = Math.abs(value);
  if (size < 1e11) return Math.round(value * 1e6);
  if (size < 1e14) return Math.round(value * 1e3);
  return size < 9e15 ? Math.round(value) : undefined;
}

function microsOf(name: string, text: string): number {
  const common = commonMicros(text);
  if (common !== undefined) return common;
  const trimmed = text.trim();
  const number = numberOf(trimmed);
  const micros = number === undefined ? isoMicros(trimmed) : epochMicros(number);
  if (micros === undefined) throw new TransformError(`${name} takes an ISO 8601 time or an epoch number`);
  return micros;
}

type Format = (micros: number) => Value;

const EPOCH_SECONDS: Format = (micros) => Math.floor(micros / 1e6);
const EPOCH_MILLIS: Format = (micros) => Math.floor(micros / 1e3);
const EPOCH_MICROS: Format = (micros) => micros;
const dateOf = (micros: number): Date => new Date(Math.floor(micros / 1e3));
const ISO8601: Format = (micros) => dateOf(micros).toISOString();

const NAMED: Readonly<Record<string, Format>> = {
  epoch_seconds: EPOCH_SECONDS,
  epoch_millis: EPOCH_MILLIS,
  epoch_micros: EPOCH_MICROS,
  iso8601: ISO8601,
  date: (micros) => dateOf(micros).toISOString().slice(0, 10),
};

function formatOf(format: string): Format | ArgumentFault {
  if (Object.hasOwn(NAMED, format)) return NAMED[format] ?? ISO8601;
  if (/^[a-z]+_[a-z]+$/.test(format))
    return { fault: `no format ${format}. Formats: ${Object.keys(NAMED).join(", ")}, or a pattern.` };
  const write = compilePattern(format);
  return typeof write === "function" ? (micros) => write(dateOf(micros)) : write;
}

const fixed = (
  name: string,
  summary: string,
  format: Format,
  examples: TransformDefinition["examples"],
): TransformDefinition =>
  onText({ name, family: "date", summary, examples, make: () => (text) => format(microsOf(name, text)) });

export const DATE: readonly TransformDefinition[] = [
  fixed("to_unix_seconds", "Seconds since 1970, a whole number.", EPOCH_SECONDS, [
    { input: "2026-02-25T14:30:00.900Z", output: 1772029800 },
    { input: "2026-02-25T16:30:00+02:00", output: 1772029800 },
    { input: 1772029800900, output: 1772029800 },
    { input: "2026-02-25", output: 1771977600 },
  ]),
  fixed("to_unix_millis", "Milliseconds since 1970, a whole number.", EPOCH_MILLIS, [
    { input: "2026-02-25T14:30:00.900Z", output: 1772029800900 },
    { input: 1772029800, output: 1772029800000 },
  ]),
  fixed("to_unix_micros", "Microseconds since 1970, a whole number.", EPOCH_MICROS, [
    { input: "2026-02-25T14:30:00.900Z", output: 1772029800900000 },
    { input: "2026-02-25T14:30:00.123456Z", output: 1772029800123456 },
  ]),
  fixed("to_iso8601", "ISO 8601 in UTC with milliseconds.", ISO8601, [
    { input: 1772029800, output: "2026-02-25T14:30:00.000Z" },
    { input: "2026-02-25 16:30:00+02:00", output: "2026-02-25T14:30:00.000Z" },
  ]),
  onText({
    name: "date_format",
    family: "date",
    summary:
      "A time in a named form (epoch_seconds, epoch_millis, epoch_micros, iso8601, date) or by a pattern such as yyyy-MM-dd HH:mm:ss, in UTC.",
    args: Type.String({ minLength: 1, maxLength: 100, description: "The name of a form, or a pattern." }),
    examples: [
      { input: "2026-02-25T14:30:00.000Z", args: "epoch_micros", output: 1772029800000000 },
      { input: "2026-02-25T14:30:00.000Z", args: "date", output: "2026-02-25" },
      {
        input: "2026-02-25T14:30:05.007Z",
        args: "yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
        output: "2026-02-25T14:30:05.007+00:00",
      },
      { input: "2026-02-05T14:30:00.000Z", args: "EEE, d MMM yy h:mm a", output: "Thu, 5 Feb 26 2:30 PM" },
      { input: "2026-02-05T00:30:00.000Z", args: "hh 'o''clock'", output: "12 o'clock" },
    ],
    make: (format) => {
      const write = formatOf(format);
      return typeof write === "function" ? (text) => write(microsOf("date_format", text)) : write;
    },
  }),
];
