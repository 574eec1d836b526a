/** The prefix of keys: a template whose placeholders part events into folders, as Athena, Spark and Glue find them. */

/** `event_name` and not `event`: a table cannot have a partition that is called like one of its columns. */
const PARTITIONS = "dt={date}/event_name={event}";
export const DEFAULT_PREFIX = `datafly/${PARTITIONS}`;

/** What placeholders stand for. `time` is ISO 8601 in UTC. */
interface KeyFacts {
  time: string;
  event: string;
  type: string;
  source_id: string;
  integration_id: string;
}

export interface KeyTemplate {
  /** The folder of an event's object, without a slash at its end. */
  folderOf(facts: KeyFacts): string;
  /** The folder that all objects are in; empty where they share none. */
  common: string;
}

interface Value {
  read(facts: KeyFacts): string;
  /** Bytes of it in a key; what is longer is cut. */
  most: number;
}

const VALUES: Readonly<Record<string, Value>> = {
  date: { read: ({ time }) => time.slice(0, 10), most: 10 },
  year: { read: ({ time }) => time.slice(0, 4), most: 4 },
  month: { read: ({ time }) => time.slice(5, 7), most: 2 },
  day: { read: ({ time }) => time.slice(8, 10), most: 2 },
  hour: { read: ({ time }) => time.slice(11, 13), most: 2 },
  event: { read: ({ event }) => event, most: 200 },
  type: { read: ({ type }) => type, most: 20 },
  source_id: { read: (facts) => facts.source_id, most: 64 },
  integration_id: { read: (facts) => facts.integration_id, most: 64 },
};

/** S3's own limit. */
const MOST_KEY_BYTES = 1_024;
/** A batch's id and the longest ending. */
const NAME_BYTES = 64;

/** The template, or in words what is wrong with it. */
export function readKeyTemplate(prefix: string): KeyTemplate | { fault: string } {
  const trimmed = prefix.replace(/^\/+|\/+$/g, "");
  const whole = trimmed.includes("{") || trimmed.includes("}") ? trimmed : `${trimmed}/${PARTITIONS}`;
  const parts = whole.split(/(\{[^{}]*\})/).filter((part) => part !== "");
  let bytes = NAME_BYTES;
  for (const part of parts) {
    const name = placeholderIn(part);
    if (name === null && /[{}]/.test(part)) {
      return { fault: "In prefix, a brace does not close. A placeholder is written {date}." };
    }
    const value = name !== null && Object.hasOwn(VALUES, name) ? VALUES[name] : undefined;
    if (name !== null && value === undefined) {
      const known = Object.keys(VALUES).map((one) => `{${one}}`);
      return { fault: `In prefix, there is no {${name.slice(0, 40)}}. Here stand ${known.join(", ")}.` };
    }
    bytes += value?.most ?? Buffer.byteLength(part);
  }
  if (whole.split("/").some((step) => step === "" || step === "." || step === "..")) {
    return {
      fault: "In prefix, each part between two slashes needs a name: none may be empty, a point or two points.",
    };
  }
  if (bytes > MOST_KEY_BYTES) {
    return { fault: `Keys by this prefix could be longer than ${MOST_KEY_BYTES} bytes. Shorten it.` };
  }
  return {
    folderOf: (facts) => parts.map((part) => valueOf(part, facts)).join(""),
    common: whole
      .slice(0, whole.search(/\{/))
      .replace(/[^/]*$/, "")
      .replace(/\/$/, ""),
  };
}

function placeholderIn(part: string): string | null {
  return part.startsWith("{") && part.endsWith("}") ? part.slice(1, -1) : null;
}

function valueOf(part: string, facts: KeyFacts): string {
  const value = VALUES[placeholderIn(part) ?? ""];
  return value === undefined ? part : safeValue(value.read(facts), value.most);
}

/** Letters, digits, `_`, `-` and points stay: whatever else a client calls its events, it adds no folder and needs no escape. */
function safeValue(value: string, most: number): string {
  const clean = value
    .toWellFormed()
    .normalize("NFC")
    .trim()
    .replace(/[^\p{L}\p{N}_.-]/gu, "_")
    .replace(/^\.+/, (points) => "_".repeat(points.length));
  let kept = "";
  let bytes = 0;
  for (const character of clean) {
    bytes += Buffer.byteLength(character);
    if (bytes > most) break;
    kept += character;
  }
  return kept === "" ? "_" : kept;
}
