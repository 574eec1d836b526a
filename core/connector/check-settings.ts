/** Checks connection settings against a connector's fields: everything that is wrong at once, in words with the cure, never a secret. */
import { isJsonObject, type JsonValue } from "../json.ts";
import { didYouMean } from "../mapping/suggest.ts";
import type { ConfigField, ConnectionSettings, Connector, SettingsFault } from "./contract.ts";
import { checkAddress } from "./setting-address.ts";
import type { SettingValues } from "./typed-settings.ts";

const LONGEST = { string: 4_096, select: 4_096, secret: 65_536, textarea: 65_536 } as const;

interface CheckedSettings {
  values: SettingValues;
  /** The fields that are not left to their defaults. */
  given: ReadonlySet<string>;
  faults: SettingsFault[];
}

/** The values by field, defaults filled in, and what is wrong with them. A field at fault has no value. */
export function checkSettings(
  { config_fields, name }: Pick<Connector, "config_fields" | "name">,
  settings: ConnectionSettings,
): CheckedSettings {
  const values: SettingValues = {};
  const given = new Set<string>();
  const faults: SettingsFault[] = [];
  for (const field of config_fields) {
    const read = readField(field, settings);
    if ("fault" in read) faults.push({ field: field.key, message: read.fault });
    else if (read.value !== undefined) values[field.key] = read.value;
    if (!("fault" in read) && read.isGiven === true) given.add(field.key);
  }
  const known = config_fields.map(({ key }) => key);
  for (const key of [...Object.keys(settings.parameters), ...Object.keys(settings.secrets)]) {
    if (known.includes(key)) continue;
    faults.push({ field: key, message: `${name} has no setting ${key.slice(0, 60)}.${didYouMean(key, known)}` });
  }
  return { values, given, faults };
}

type Read = { value: SettingValues[string]; isGiven?: true } | { fault: string };

function readField(field: ConfigField, settings: ConnectionSettings): Read {
  const { parameters, secrets } = settings;
  const home: Readonly<Record<string, JsonValue>> = field.type === "secret" ? secrets : parameters;
  const given = Object.hasOwn(home, field.key) ? home[field.key] : undefined;
  const text = textOf(field, given);
  if (text === null) return { fault: `${field.key} must be text${exampleOf(field)}.` };
  if (text !== "") return { ...readText(field, text, settings.environment), isGiven: true };
  if (field.default !== undefined && field.default !== "") {
    return readText(field, textOf(field, field.default) ?? "", settings.environment);
  }
  const isAsked = field.required && !(field.unless !== undefined && isFilled(parameters[field.unless]));
  return isAsked ? { fault: `${field.label} is missing. ${field.help_text}` } : { value: undefined };
}

function isFilled(given: JsonValue | undefined): boolean {
  return given !== undefined && given !== null && String(given).trim() !== "";
}

/** What a form left empty counts as unset; null for what is no text. Pasted values come with spaces and line breaks around them. */
function textOf(field: ConfigField, given: JsonValue | undefined): string | null {
  if (given === undefined || given === null) return "";
  if (typeof given === "object") return field.json === undefined ? null : writtenOut(given);
  const text = String(given);
  // Of a text of several lines, faults name lines and columns: it stays as it was written.
  return field.type === "textarea" && text.trim() !== "" ? text : text.trim();
}

function writtenOut(given: JsonValue): string | null {
  try {
    return JSON.stringify(given);
  } catch {
    return null;
  }
}

function readText(field: ConfigField, text: string, environment: ConnectionSettings["environment"]): Read {
  const { key, options, spellings = {}, pattern, number, json } = field;
  const longest = field.max_length ?? LONGEST[field.type];
  if (options !== undefined) {
    const given = text.toLowerCase();
    const meant = Object.hasOwn(spellings, given) ? (spellings[given] ?? "").toLowerCase() : given;
    const option = options.find((each) => each.toLowerCase() === meant);
    return option === undefined ? { fault: `${key} must be ${choiceOf(options)}.` } : { value: option };
  }
  if (text.includes("{{pipeline_param.")) return { fault: `${key} holds a placeholder that was not filled in.` };
  if (text.length > longest) return { fault: `${key} is longer than ${longest} characters.` };
  if (text.includes("\0")) return { fault: `${key} holds a NUL character. Paste it again.` };
  if (pattern !== undefined && !new RegExp(pattern, "u").test(text)) {
    return { fault: `${field.label} does not have the right form${exampleOf(field)}. ${field.help_text}` };
  }
  if (number !== undefined) return readNumber(key, text, number);
  if (json !== undefined) return readJson(key, text, json);
  return field.url === true ? checkAddress(key, text, environment) : { value: text };
}

function choiceOf(options: readonly string[]): string {
  const isSwitch = options.length === 2 && options.includes("true") && options.includes("false");
  return isSwitch ? "true or false" : `one of: ${options.join(", ")}`;
}

function readNumber(
  key: string,
  text: string,
  { minimum, maximum, fraction }: NonNullable<ConfigField["number"]>,
): Read {
  const form = fraction === true ? /^-?\d{1,15}(\.\d{1,15})?$/ : /^-?\d{1,15}$/;
  const value = form.test(text) ? Number(text) : Number.NaN;
  if (value >= minimum && value <= maximum) return { value };
  return { fault: `${key} must be a ${fraction === true ? "" : "whole "}number from ${minimum} to ${maximum}.` };
}

function readJson(key: string, text: string, kind: "object" | "array"): Read {
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch {
    // The parser's own words repeat the text, which may be a secret.
    return { fault: `${key} is not JSON. Paste the whole text, from the first bracket to the last.` };
  }
  if (kind === "array" && Array.isArray(value)) return { value };
  if (kind === "object" && isJsonObject(value)) return { value };
  return { fault: `${key} must be a JSON ${kind === "object" ? "object: {…}" : "list: […]"}.` };
}

const exampleOf = ({ example, placeholder }: ConfigField): string => {
  const shown = example ?? placeholder;
  return shown === undefined ? "" : `, such as ${shown}`;
};
