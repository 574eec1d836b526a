/** Golden requests of a vendor's blueprints: what each event comes to, with all fields and with no more than the vendor requires. */
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  compileMapping,
  mappingCoverage,
  payloadFaults,
  sampleEvent,
  type Blueprint,
  type CompiledMapping,
  type ConnectionSettings,
  type Connector,
  type DeliveryPlan,
  type DeliveryRecord,
  type JsonObject,
  type JsonValue,
  type SignalEvent,
} from "@datafly-signal/core";
import { caseFacts, caseSettings, CASE_NOW, deliveryOf, writtenRequest, type WrittenRequest } from "./contract-case.ts";
import { loadConnectors } from "./index.ts";

/** `golden/<blueprint>.json`. */
export interface GoldenFile {
  settings: Partial<ConnectionSettings>;
  cases: GoldenCase[];
}

export interface GoldenCase {
  event: string;
  fields: "all" | "required";
  given: JsonObject;
  requests: WrittenRequest[];
}

const TIMESTAMP = new Date(CASE_NOW).toISOString();

/** What the data layer and clients add to an event, beside what samples have. */
const WHOLE: JsonObject = {
  vendor_ids: {
    fbp: "fb.1.1772000000000.1098115397",
    fbc: "fb.1.1772000000000.IwAR2F4-dbP0l7Mn1IawQQGCINEz7PYXQvwjNwB",
    fbclid: "IwAR2F4-dbP0l7Mn1IawQQGCINEz7PYXQvwjNwB",
    gclid: "Cj0KCQiAsburBhCIARIsAExmsu4",
    gbraid: "0AAAAA-gbraid",
    wbraid: "CkkKwbraid",
    ga_client_id: "1234567890.1772000000",
    ttclid: "E.C.P.Ct8BvIuPj",
    ttp: "94e2a4j9-h3ss-k2h5-98cc-c84n745mk26d",
    msclkid: "0a1b2c3d4e5f60718293a4b5c6d7e8f9",
    li_fat_id: "f2a8c4e6-1b3d-4f5a-8c7e-9d0b1a2c3e4f",
    epik: "dj0yJnU9epik",
    sccid: "scid-1",
    rdt_cid: "rdt-1",
    twclid: "2-twclid",
    irclickid: "irclick-1",
    cjevent: "cjevent-1",
  },
};

const WHOLE_CONTEXT: JsonObject = {
  location: { country: "GB", region: "ENG", city: "London", postal_code: "SW1A 1AA" },
  session: { id: CASE_NOW - 180_000, number: 3, is_new: false },
  device: { type: "desktop" },
  os: { name: "Linux", version: "6.1" },
  browser: { name: "Chrome", version: "140.0" },
};

/** The event with everything that a mapping may read. */
export function wholeEvent(name: string, blueprint: Blueprint): JsonObject {
  const vertical = ["travel", "media"].find((each) => each === blueprint.vertical);
  const sample = sampleEvent(name, {
    messageId: `message-${name}`,
    anonymousId: "4f1c2f3e-0b53-4f7a-9b1c-2a7d5b9e6c10",
    timestamp: TIMESTAMP,
    consent: [],
    ...((vertical === "travel" || vertical === "media") && { vertical }),
  });
  const context = sample["context"] as JsonObject;
  return { ...sample, receivedAt: TIMESTAMP, ...WHOLE, context: { ...WHOLE_CONTEXT, ...context } };
}

export interface BlueprintRun {
  connector: Connector;
  mapping: CompiledMapping;
  plan: DeliveryPlan;
  secrets: Readonly<Record<string, string>>;
}

export function openRun(connector: Connector, blueprint: Blueprint, settings: GoldenFile["settings"]): BlueprintRun {
  const whole = caseSettings({ settings });
  const plan = connector.plan(whole);
  const compiled = compileMapping(blueprint.mapping);
  if (Array.isArray(plan)) throw new Error(`${connector.key}: settings at fault: ${JSON.stringify(plan)}`);
  if ("faults" in compiled) throw new Error(`${connector.key}: ${blueprint.key}: ${JSON.stringify(compiled.faults)}`);
  return { connector, mapping: compiled.mapping, plan, secrets: whole.secrets };
}

/** The delivery of an event, or in words why there is none. */
export function mappedEvent(
  { connector, mapping }: BlueprintRun,
  given: JsonObject,
  index = 0,
): DeliveryRecord | { fault: string } {
  try {
    const mapped = mapping.apply(given as unknown as SignalEvent, {});
    if (mapped.kind === "stopped") return { fault: JSON.stringify(mapped) };
    const { payload, vendorEventName } = mapped;
    const found = connector.schema === undefined ? [] : payloadFaults(payload, connector.schema, vendorEventName);
    const wrong = found.find(({ level }) => level === "fault");
    if (wrong !== undefined) return { fault: `${wrong.path} ${wrong.message}` };
    return deliveryOf(given, { index, payload, vendorEventName });
  } catch (error) {
    return { fault: String(error) };
  }
}

/** What an event comes to: its requests, or in words why there are none. */
export function runEvent(run: BlueprintRun, given: JsonObject): { requests: WrittenRequest[] } | { fault: string } {
  const delivery = mappedEvent(run, given);
  if ("fault" in delivery) return delivery;
  const { requests, refused } = run.plan.build([delivery], caseFacts({}));
  const [refusal] = refused;
  if (refusal !== undefined) return { fault: refusal.reason };
  if (requests.length === 0) return { fault: "no request was made" };
  return { requests: requests.map((request) => writtenRequest(request, run.secrets)) };
}

/** What no event can be without. */
const KEPT = new Set([
  "type",
  "event",
  "name",
  "messageId",
  "timestamp",
  "receivedAt",
  "context",
  "properties",
  "traits",
]);

/** The event without anything that the vendor can do without: each part is tried, and left out where a request is still made. */
export function requiredEvent(run: BlueprintRun, whole: JsonObject): JsonObject {
  let event = structuredClone(whole);
  for (const path of pathsOf(whole)) {
    if (!isThere(event, path)) continue;
    const without = removed(event, path);
    if ("requests" in runEvent(run, without)) event = without;
  }
  return event;
}

/** From the outside in: what goes as a whole need not be tried piece by piece. */
function pathsOf(value: JsonValue, path: readonly string[] = []): string[][] {
  if (typeof value !== "object" || value === null) return [];
  const entries = Array.isArray(value)
    ? [...value.entries()].map(([at, one]) => [String(at), one] as const)
    : Object.entries(value);
  return entries.flatMap(([key, inner]) => {
    const here = [...path, key];
    const isKept = path.length === 0 && KEPT.has(key);
    return [...(isKept ? [] : [here]), ...pathsOf(inner, here)];
  });
}

/** Not where something around it went before. */
function isThere(event: JsonObject, path: readonly string[]): boolean {
  let at: JsonValue | undefined = event;
  for (const key of path) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, key)) return false;
    at = (at as Record<string, JsonValue>)[key];
  }
  return true;
}

function removed(event: JsonObject, path: readonly string[]): JsonObject {
  const copy = structuredClone(event);
  let at: JsonValue | undefined = copy;
  for (const key of path.slice(0, -1)) at = (at as Record<string, JsonValue> | undefined)?.[key];
  const last = path.at(-1) ?? "";
  if (Array.isArray(at)) at.splice(Number(last), 1);
  else if (typeof at === "object" && at !== null) delete at[last];
  return copy;
}

/** The names of a blueprint's sections. */
export function blueprintEvents({ mapping }: Blueprint): string[] {
  return mappingCoverage(mapping, { fields: [] }).flatMap(({ section }) => {
    const name = /^events(?:\.([\w-]+)|\["(.+)"\])$/.exec(section);
    return name === null ? [] : [name[1] ?? name[2] ?? ""];
  });
}

/** Settings that a form would take, from the fields' own examples. */
export function exampleSettings(connector: Connector): Partial<ConnectionSettings> {
  const parameters: JsonObject = {};
  const secrets: Record<string, string> = {};
  for (const field of connector.config_fields) {
    if (field.type === "secret")
      secrets[field.key] = field.json === "object" ? "{{service_account}}" : `secret-${field.key}`;
    else if (field.required && field.default === undefined) {
      parameters[field.key] = field.example ?? field.placeholder ?? field.options?.[0] ?? "example";
    }
  }
  return { parameters, secrets };
}

export const goldenFolder = (folder: string): string => join(folder, "golden");

export async function readGolden(folder: string, key: string): Promise<GoldenFile | null> {
  const file = join(goldenFolder(folder), `${key}.json`);
  return existsSync(file) ? (JSON.parse(await readFile(file, "utf8")) as GoldenFile) : null;
}

/** The file as it should be: settings and given events that are there stay, everything else is made anew. */
export function makeGolden(connector: Connector, blueprint: Blueprint, before: GoldenFile | null): GoldenFile {
  const settings = before?.settings ?? exampleSettings(connector);
  const run = openRun(connector, blueprint, settings);
  const cases = blueprintEvents(blueprint).flatMap((event) =>
    (["all", "required"] as const).map((fields): GoldenCase => {
      const kept = before?.cases.find((one) => one.event === event && one.fields === fields)?.given;
      const full =
        before?.cases.find((one) => one.event === event && one.fields === "all")?.given ?? wholeEvent(event, blueprint);
      const given = kept ?? (fields === "all" ? full : requiredEvent(run, full));
      const made = runEvent(run, given);
      if ("fault" in made)
        throw new Error(`${connector.key}, blueprint ${blueprint.key}, ${event} (${fields}): ${made.fault}`);
      return { event, fields, given, requests: made.requests };
    }),
  );
  return { settings, cases };
}

/** Writes the golden files of the vendors named on the command line. Read the difference: it is what customers will send. */
if (import.meta.main) {
  const keys = process.argv.slice(2);
  const connectors = await loadConnectors(import.meta.dirname, keys);
  for (const key of keys) {
    const connector = connectors.get(key);
    if (connector === undefined) throw new Error(`There is no connector "${key}".`);
    const folder = join(import.meta.dirname, key);
    await mkdir(goldenFolder(folder), { recursive: true });
    for (const blueprint of connector.blueprints ?? []) {
      const golden = makeGolden(connector, blueprint, await readGolden(folder, blueprint.key));
      await writeFile(join(goldenFolder(folder), `${blueprint.key}.json`), `${JSON.stringify(golden, null, 2)}\n`);
      process.stdout.write(`connectors/${key}/golden/${blueprint.key}.json: ${golden.cases.length} cases\n`);
    }
    if ((await readdir(goldenFolder(folder))).length === 0) process.stdout.write(`${key} has no blueprints\n`);
  }
}
