/** Secrets are write-only: carried over into a revision that sends to another host, they could be read there. They have to be given again. */
import { type Connector, isJsonObject, type JsonValue } from "@datafly-signal/core";
import type { IntegrationDocument } from "../configuration/configuration-changes.ts";
import type { FaultDetail } from "../http/route.ts";

/**
 * A fault for each secret that `next` has of `base` although its host is another one; none where the host is the same.
 * @param given the settings that the request names itself
 */
export function movedSecrets(
  [base, next]: readonly [base: IntegrationDocument, next: IntegrationDocument],
  given: Readonly<Record<string, JsonValue>>,
  { config_fields: fields }: Pick<Connector, "config_fields">,
): FaultDetail[] {
  const [before, after] = [base, next].map((one) => ({ ...one.config, ...one.secrets }));
  const moved = movedBy([base, next], fields);
  if (moved === undefined || before === undefined || after === undefined) return [];
  const carried = fields.filter(
    ({ key, type }) => type === "secret" && !Object.hasOwn(given, key) && isSet(after[key]),
  );
  const message = `Give it again: it would be sent to another host than before, by ${moved}.`;
  return carried.map(({ key }) => ({ path: `config.${key}`, message }));
}

/** The setting by which it is another host. */
function movedBy(
  [base, next]: readonly [IntegrationDocument, IntegrationDocument],
  fields: Connector["config_fields"],
): string | undefined {
  const moved = fields.find(
    ({ key, url }) => url === true && hostOf(base.config?.[key]) !== hostOf(next.config?.[key]),
  );
  if (moved !== undefined) return `config.${moved.key}`;
  const [before, after] = [base, next].map(({ delivery_spec: spec, config }) => {
    const hosts = hostsIn(spec ?? null).join("\n");
    return hosts.includes("{{") ? hosts + JSON.stringify(config) : hosts;
  });
  // Without one, the connector's own delivery goes to the vendor.
  return after === "" || before === after ? undefined : "delivery_spec";
}

/** Of an address that parameters are still to be filled into, the text before its path. */
function hostOf(value: JsonValue | undefined): string {
  if (typeof value !== "string") return "";
  return URL.parse(value)?.host ?? /^[^/]*\/\/[^/?#]*/.exec(value)?.[0] ?? value;
}

/** Of every address in a delivery spec. */
function hostsIn(value: JsonValue): string[] {
  if (typeof value === "string")
    return /^\s*(?:https?:|\{\{)/i.test(value) && value.includes("//") ? [hostOf(value)] : [];
  if (Array.isArray(value)) return value.flatMap(hostsIn);
  return isJsonObject(value) ? Object.values(value).flatMap(hostsIn) : [];
}

function isSet(value: JsonValue | undefined): boolean {
  return value !== undefined && value !== null && value !== "";
}
