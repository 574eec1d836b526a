/** Which pages may send to a pipeline: its allowlist compiled to a matcher. */

export interface OriginList {
  /** Whether pages of this origin, as in the `Origin` header, may send. */
  allows(origin: string): boolean;
  /** What `Access-Control-Allow-Origin` says when there is no allowed origin to echo. */
  shown: string;
}

interface ParsedOrigin {
  scheme: string;
  host: string;
  /** Empty when it is the scheme's default. */
  port: string;
}

interface OriginEntry {
  /** Null admits http and https. */
  scheme: string | null;
  host: string;
  subdomains: boolean;
  port: string;
}

const DEFAULT_PORTS = new Map([
  ["http", "80"],
  ["https", "443"],
]);
const ORIGIN = /^([a-z][a-z0-9+.-]*):\/\/(\[[0-9a-f:.]+\]|[^/?#@:\s[\]]+)(?::(\d{1,5}))?$/i;
const ENTRY = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(\*\.)?(\[[0-9a-f:.]+\]|[^/?#@:\s[\]*]+)(?::(\d{1,5}))?\/?$/i;

/** The cure for a page without an origin: no entry of an allowlist names it. */
export const OPAQUE_ORIGIN_CURE = "The page has no origin (it was opened from a file): serve it over http.";

/** True for the `Origin` of a page that has none. */
export function isOpaqueOrigin(origin: string | null | undefined): boolean {
  return origin === "null" || origin?.startsWith("file:") === true;
}

/** `localhost` adds localhost, `*.localhost`, 127.0.0.0/8 and [::1] on any port: development's rule. */
export function compileOrigins(entries: readonly string[], options: { localhost: boolean }): OriginList {
  const everything = entries.some((entry) => entry.trim() === "*");
  const parsed = entries.map(parseEntry).filter((entry) => entry !== null);
  return {
    shown: everything ? "*" : (parsed.map(concreteOrigin).find((origin) => origin !== null) ?? "*"),
    allows(origin) {
      if (everything) return true;
      const asked = parseOrigin(origin);
      if (asked === null) return false;
      return (options.localhost && isLocal(asked)) || parsed.some((entry) => matches(entry, asked));
    },
  };
}

/** Null for an entry that names no origin; the configuration's check says so where it is written. */
function parseEntry(text: string): OriginEntry | null {
  const match = ENTRY.exec(text.trim());
  if (match === null) return null;
  const [, scheme, wildcard, host = "", port = ""] = match;
  const ascii = asciiHost(host);
  if (ascii === null) return null;
  const named = scheme?.toLowerCase() ?? null;
  return {
    scheme: named,
    host: ascii,
    subdomains: wildcard !== undefined,
    port: named !== null && DEFAULT_PORTS.get(named) === port ? "" : port,
  };
}

/** Host names as browsers write them: lower case, punycode. */
function asciiHost(host: string): string | null {
  return URL.parse(`http://${host}`)?.hostname ?? null;
}

function parseOrigin(text: string): ParsedOrigin | null {
  const match = ORIGIN.exec(text);
  if (match === null) return null;
  const [, scheme = "", host = "", port = ""] = match;
  const lower = scheme.toLowerCase();
  return { scheme: lower, host: host.toLowerCase(), port: DEFAULT_PORTS.get(lower) === port ? "" : port };
}

function matches(entry: OriginEntry, asked: ParsedOrigin): boolean {
  const defaultPort = DEFAULT_PORTS.get(asked.scheme);
  if (entry.scheme === null ? defaultPort === undefined : entry.scheme !== asked.scheme) return false;
  const samePort = entry.port === asked.port || (asked.port === "" && entry.port === defaultPort);
  if (!samePort) return false;
  return entry.subdomains ? asked.host.endsWith(`.${entry.host}`) : asked.host === entry.host;
}

function isLocal({ scheme, host }: ParsedOrigin): boolean {
  if (!DEFAULT_PORTS.has(scheme)) return false;
  return host === "localhost" || host.endsWith(".localhost") || host === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(host);
}

function concreteOrigin(entry: OriginEntry): string | null {
  if (entry.subdomains) return null;
  return `${entry.scheme ?? "https"}://${entry.host}${entry.port === "" ? "" : `:${entry.port}`}`;
}
