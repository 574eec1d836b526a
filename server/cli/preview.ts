/** `signal preview`: what a mapping makes of an event, as JSON, without a server. */
import { existsSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { loadConnectors } from "@datafly-signal/connectors";
import {
  isJsonObject,
  type JsonObject,
  nearest,
  previewMapping,
  sampleEvent,
  type SignalEvent,
  triedEvent,
  type VendorSchema,
} from "@datafly-signal/core";
import { uuidV4, uuidV7 } from "../ids.ts";
import type { Output } from "./output.ts";
import { UsageError } from "./usage.ts";

const OPTIONS = {
  json: { type: "boolean" },
  mapping: { type: "string" },
  event: { type: "string" },
  param: { type: "string", multiple: true },
  vendor: { type: "string" },
} as const;

/** Prints the preview as JSON in any case; 1 when the mapping is wrong. */
export async function previewCommand(args: string[], output: Output): Promise<number> {
  const { values } = parseArgs({ args, options: OPTIONS });
  const { mapping, event = "purchase", param = [], vendor } = values;
  if (mapping === undefined)
    throw new UsageError("Name the mapping's file: --mapping m.yaml, or - for standard input.");
  if (mapping === "-" && event === "-")
    throw new UsageError("Only one of --mapping and --event can be standard input.");
  const vendorSchema = vendor === undefined ? undefined : await schemaOf(vendor);
  const preview = previewMapping(textOf(mapping), asProcessed(eventOf(event)), parametersOf(param), {
    ...(vendorSchema && { vendorSchema }),
  });
  await output.raw(`${JSON.stringify(preview, null, 2)}\n`);
  for (const { line, column, path, message } of preview.faults ?? []) {
    output.fault(`${mapping}:${line ?? 1}:${column ?? 1} ${path === "" ? "" : `${path}: `}${message}`);
  }
  return preview.faults === undefined ? 0 : 1;
}

function textOf(file: string): string {
  if (file === "-") return readFileSync(0, "utf8");
  if (!existsSync(file)) throw new UsageError(`There is no file ${file}.`);
  return readFileSync(file, "utf8");
}

/** A file, standard input, or a sample under the name that is given. */
function eventOf(given: string): JsonObject {
  if (given !== "-" && !existsSync(given)) {
    if (given.endsWith(".json") || given.includes("/")) throw new UsageError(`There is no file ${given}.`);
    return sampleEvent(given, {
      messageId: uuidV7(),
      anonymousId: uuidV4(),
      timestamp: new Date().toISOString(),
      consent: [],
    });
  }
  const from = given === "-" ? "standard input" : given;
  let event: unknown;
  try {
    event = JSON.parse(textOf(given));
  } catch (error) {
    throw new UsageError(`${from} is not JSON: ${error instanceof Error ? error.message : ""}`);
  }
  if (isJsonObject(event)) return event;
  throw new UsageError(`${from} must hold one JSON object: an event as a client sends it.`);
}

/** The event as the gateway would take it in and the processor read it, before the data layer. */
function asProcessed(event: JsonObject): SignalEvent {
  const tried = triedEvent(event, { now: Date.now(), ids: { uuidV4, uuidV7 } });
  if ("event" in tried) return tried.event;
  throw new UsageError(tried.fault);
}

function parametersOf(given: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    given.map((pair) => {
      const [key = "", ...value] = pair.split("=");
      if (key === "" || value.length === 0) throw new UsageError(`--param takes KEY=value, not ${pair}.`);
      return [key, value.join("=")];
    }),
  );
}

async function schemaOf(vendor: string): Promise<VendorSchema | undefined> {
  const connectors = await loadConnectors();
  const connector = connectors.get(vendor);
  if (connector !== undefined) return connector.schema;
  const near = nearest(vendor, connectors.keys());
  throw new UsageError(`There is no vendor ${vendor}.${near === undefined ? "" : ` Did you mean ${near}?`}`);
}
