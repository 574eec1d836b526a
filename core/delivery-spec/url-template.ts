/** A URL with placeholders: values cannot leave the place they are put in, and never choose another host than the settings say. */
import { checkAddress } from "../connector/setting-address.ts";
import { isJsonObject, type JsonValue } from "../json.ts";
import { SPREAD } from "./json-template.ts";
import { EACH_REQUEST, find, isSetting, Missing, plainText, type Scope, textOf, valueOf } from "./scope.ts";
import { addSpecFault, readText, settingKeys, type SpecPlace, type SpecReading } from "./spec-reading.ts";
import { onlyPlaceholder, type Placeholder, placeholdersOf, type TextTemplate } from "./template-text.ts";

export interface UrlTemplate {
  placeholders: readonly Placeholder[];
  /** The settings choose the host. */
  isOpen: boolean;
  /** Keys of the settings in it. */
  settings: readonly string[];
  write(scope: Scope, extra?: Readonly<Record<string, string>>): string | Missing | { refuse: string };
}

interface UrlSpec {
  url: string;
  query?: Record<string, string>;
  /** What it is called in the spec; `url` when left out. */
  name?: string;
}

/** Reads URL and query; undefined where they are at fault. */
export function readUrl(reading: SpecReading, place: SpecPlace, spec: UrlSpec): UrlTemplate | undefined {
  const before = reading.faults.length;
  const name = `${place}.${spec.name ?? "url"}`;
  const url = readText(reading, name, { text: spec.url, roots: EACH_REQUEST });
  const query = Object.entries(spec.query ?? {}).flatMap(([name, text]) => {
    const template = readText(reading, `${place}.query.${name}`, { text, roots: EACH_REQUEST });
    if (template !== undefined && name === SPREAD && onlyPlaceholder(template) === undefined) {
      addSpecFault(reading, `${place}.query.${name}`, `${SPREAD} takes one placeholder, as in {{payload}}.`);
    }
    return template === undefined ? [] : [{ name, template }];
  });
  if (url === undefined || reading.faults.length > before) return undefined;
  const split = splitHost(url);
  if (!isSoundHost(reading, name, split)) return undefined;
  const settings = [spec.url, ...Object.values(spec.query ?? {})].flatMap(settingKeys);
  return {
    placeholders: [url, ...query.map(({ template }) => template)].flatMap(placeholdersOf),
    isOpen: placeholdersOf({ parts: split.host }).some((placeholder) => !isChoice(reading, placeholder)),
    settings: [...new Set(settings)],
    write: (scope, extra) => writeUrl({ ...split, query }, scope, extra),
  };
}

/** A select's options are the connector's own words. */
function isChoice({ fields }: SpecReading, { segments }: Placeholder): boolean {
  const [key] = segments;
  return fields?.some((field) => key?.kind === "key" && field.key === key.key && field.type === "select") === true;
}

interface SplitUrl {
  /** Scheme, host and port, or a setting that holds a whole URL. */
  host: TextTemplate["parts"];
  rest: TextTemplate["parts"];
  /** The URL begins with a setting. */
  isWhole: boolean;
}

function splitHost({ parts }: TextTemplate): SplitUrl {
  const [first] = parts;
  if (typeof first === "object") return { host: parts.slice(0, 1), rest: parts.slice(1), isWhole: true };
  let isScheme = true;
  for (const [index, part] of parts.entries()) {
    if (typeof part !== "string") continue;
    const from = isScheme ? part.indexOf("://") + 3 : 0;
    isScheme = false;
    const end = part.slice(from).search(/[/?#]/);
    if (end === -1) continue;
    const cut = from + end;
    return {
      host: [...parts.slice(0, index), part.slice(0, cut)],
      rest: [part.slice(cut), ...parts.slice(index + 1)],
      isWhole: false,
    };
  }
  return { host: parts, rest: [], isWhole: false };
}

const HOST_VALUE = /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:\d{1,5})?$/;

function isSoundHost(reading: SpecReading, place: SpecPlace, { host, isWhole }: SplitUrl): boolean {
  const placeholders = placeholdersOf({ parts: host });
  if (placeholders.some((placeholder) => !isSetting(placeholder))) {
    addSpecFault(reading, place, "The host cannot come from an event: only settings may choose where events go.");
    return false;
  }
  for (const placeholder of isWhole ? [] : placeholders) {
    const value = valueOf(placeholder, reading.settings);
    if (value instanceof Missing || HOST_VALUE.test(plainText(value))) continue;
    const [key] = settingKeys(placeholder.text);
    const message = `${key ?? place} is no part of a host name: letters, digits, hyphens and points only.`;
    reading.faults.push({ field: key ?? `delivery_spec.${place}`, message });
    return false;
  }
  const written = textOf({ parts: host }, reading.settings);
  if (written instanceof Missing) return false;
  const field = isWhole ? settingKeys(placeholders[0]?.text)[0] : undefined;
  const checked = checkAddress(field ?? place, written, reading.environment);
  if (!("fault" in checked)) return true;
  reading.faults.push({ field: field ?? `delivery_spec.${place}`, message: checked.fault });
  return false;
}

type QueryPart = { name: string; template: TextTemplate };
type Refusal = { refuse: string };

function writeUrl(
  url: SplitUrl & { query: readonly QueryPart[] },
  scope: Scope,
  extra: Readonly<Record<string, string>> = {},
): string | Missing | Refusal {
  const host = textOf({ parts: url.host }, scope);
  if (host instanceof Missing) return host;
  const path = pathOf(url, scope);
  if (typeof path !== "string") return path;
  const base = url.isWhole && path.startsWith("/") ? host.replace(/\/$/, "") : host;
  const pairs = queryOf(url.query, scope);
  if (pairs instanceof Missing) return pairs;
  const query = [...pairs, ...Object.entries(extra)].map(([name, value]) => `${encoded(name)}=${encoded(value)}`);
  const joined = query.length === 0 ? "" : `${`${base}${path}`.includes("?") ? "&" : "?"}${query.join("&")}`;
  const parsed = URL.parse(`${base}${path}${joined}`);
  return parsed === null ? { refuse: "The request's URL could not be written." } : parsed.href;
}

function pathOf({ rest }: SplitUrl, scope: Scope): string | Missing | Refusal {
  let climbs = false;
  const path = textOf({ parts: rest }, scope, (value, { filters }) => {
    const steps = filters.some(({ name }) => name === "path") ? value.split("/") : [value];
    // A URL's parser would walk up by them.
    climbs ||= steps.some((step) => step === "." || step === "..");
    return steps.map(encoded).join("/");
  });
  return climbs ? { refuse: "A value would lead out of the URL's path: it is a single or double point." } : path;
}

function queryOf(query: readonly QueryPart[], scope: Scope): [string, string][] | Missing {
  const pairs: [string, string][] = [];
  for (const { name, template } of query) {
    const only = name === SPREAD ? onlyPlaceholder(template) : undefined;
    const value = only === undefined ? textOf(template, scope) : valueOf(only, scope);
    if (value instanceof Missing) return value;
    if (only !== undefined) pairs.push(...spreadPairs(value ?? null));
    else if (typeof value === "string" && value !== "") pairs.push([name, value]);
  }
  return pairs;
}

/** Scalars by their keys; a list of scalars repeats its key, other values are written as JSON. */
function spreadPairs(value: JsonValue): [string, string][] {
  if (!isJsonObject(value)) return [];
  return Object.keys(value).flatMap((key): [string, string][] => {
    const one = find(value, [{ kind: "key", key }]);
    const all = Array.isArray(one) && one.every((item) => typeof item !== "object") ? one : [one];
    return all.map(plainText).flatMap((text): [string, string][] => (text === "" ? [] : [[key, text]]));
  });
}

/** Percent-encoded so far that every signature scheme and server agrees on it (RFC 3986, unreserved characters stay). */
function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
