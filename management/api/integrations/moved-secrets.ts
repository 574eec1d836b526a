/** Secrets are write-only: carried over into settings that send to another host, they could be read there. They have to be given again. */
import { type Connector, isJsonObject, type JsonObject, type JsonValue } from "@datafly-signal/core";
import type { IntegrationDocument } from "../configuration/configuration-changes.ts";
import type { FaultDetail } from "../http/route.ts";
import { isSetMark, parametersIn } from "./mapping-parameters.ts";

type Fields = Pick<Connector, "config_fields">;

/** An integration before and after, secrets among its settings or beside them. */
export type Moving = readonly [base: Content, next: Content];

type Content = Pick<IntegrationDocument, "config" | "secrets" | "mapping" | "delivery_spec">;

/**
 * A fault for each secret that `next` has of `base` although its host is another one; none where the host is the same.
 * @param given the settings that the request names itself
 */
export function movedSecrets(
  [base, next]: Moving,
  given: Readonly<Record<string, JsonValue>>,
  { config_fields: fields }: Fields,
): FaultDetail[] {
  const by = movedBy([base, next], { config_fields: fields });
  if (by === undefined) return [];
  const after = settingsOf(next);
  const isGiven = (key: string): boolean => Object.hasOwn(given, key) && !isSetMark(given[key]);
  const carried = fields.filter(({ key, type }) => type === "secret" && !isGiven(key) && isSet(after[key]));
  const message = `Give it again: it would be sent to another host than before, by ${by}.`;
  return carried.map(({ key }) => ({ path: `config.${key}`, message }));
}

/** The setting by which it is another host; undefined where it is the same. */
export function movedBy([base, next]: Moving, { config_fields: fields }: Fields): string | undefined {
  const [before, after] = [settingsOf(base), settingsOf(next)];
  // Without a required one nothing is sent: that is refused as such.
  const moved = fields.find(
    ({ key, url, required }) =>
      url === true && hostOf(before[key]) !== hostOf(after[key]) && (isSet(after[key]) || !required),
  );
  if (moved !== undefined) return `config.${moved.key}`;
  const secrets = new Set(fields.filter(({ type }) => type === "secret").map(({ key }) => key));
  const hosts = specHosts(next, secrets);
  // Without one, the connector's own delivery goes to the vendor.
  return hosts === "" || hosts === specHosts(base, secrets) ? undefined : "delivery_spec";
}

/** A mapping's `parameters` are settings too. */
function settingsOf({ config, secrets, mapping }: Content): JsonObject {
  return { ...parametersIn(mapping), ...config, ...secrets };
}

/** Scheme, host and port; of an address that parameters are still to be filled into, the text before its path. */
function hostOf(value: JsonValue | undefined): string {
  if (typeof value !== "string") return "";
  return originOf(value) ?? /^[^/]*\/\/[^/?#]*/.exec(value)?.[0] ?? value;
}

/** As requests find it, whatever the address is written like: `https:host` and `https:\\host` lead to it too. */
function originOf(text: string): string | undefined {
  const url = URL.parse(text);
  return url === null || url.host === "" ? undefined : `${url.protocol}//${url.host}`;
}

/** The hosts that a delivery spec leads to, and what may be filled into them; empty without one. */
function specHosts(content: Content, secrets: ReadonlySet<string>): string {
  const { delivery_spec: spec } = content;
  if (!isJsonObject(spec)) return "";
  const address = (part: string, key: string): JsonValue | undefined => {
    const section = spec[part];
    return isJsonObject(section) ? section[key] : undefined;
  };
  const addresses = [address("endpoint", "url"), address("auth", "token_url"), address("test", "url")];
  const hosts = addresses.map((one) => (typeof one === "string" ? templateHost(one) : ""));
  if (!hosts.some((host) => host.includes("{{"))) return hosts.join("\n");
  const settings = Object.entries(settingsOf(content)).filter(([key]) => !secrets.has(key));
  return JSON.stringify([...hosts, ...settings.toSorted(([one], [other]) => (one < other ? -1 : 1))]);
}

/** Where a placeholder may have a say in the host, the whole text: then all settings have. */
function templateHost(text: string): string {
  const plain = /^https?:\/\/[a-z0-9.-]+(?::\d+)?(?=[/?#])/i.exec(text)?.[0];
  if (plain !== undefined) return originOf(plain) ?? plain;
  return text.includes("{{") ? text : hostOf(text);
}

function isSet(value: JsonValue | undefined): boolean {
  return value !== undefined && value !== null && value !== "";
}
