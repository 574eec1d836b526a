/** `signal preview`: what a mapping makes of an event, as JSON, without a server. */
import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import { type JsonObject, previewMapping, sampleEvent, type SignalEvent, triedEvent } from "@datafly-signal/core";
import { connectorOf, objectOf, parametersOf, textOf } from "./input.ts";
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
  const vendorSchema = vendor === undefined ? undefined : (await connectorOf(vendor)).schema;
  const preview = previewMapping(textOf(mapping), asProcessed(eventOf(event)), parametersOf(param), {
    ...(vendorSchema && { vendorSchema }),
  });
  await output.raw(`${JSON.stringify(preview, null, 2)}\n`);
  for (const { line, column, path, message } of preview.faults ?? []) {
    output.fault(`${mapping}:${line ?? 1}:${column ?? 1} ${path === "" ? "" : `${path}: `}${message}`);
  }
  return preview.faults === undefined ? 0 : 1;
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
  return objectOf(given, "an event as a client sends it");
}

/** The event as the gateway would take it in and the processor read it, before the data layer. */
function asProcessed(event: JsonObject): SignalEvent {
  const tried = triedEvent(event, { now: Date.now(), ids: { uuidV4, uuidV7 } });
  if ("event" in tried) return tried.event;
  throw new UsageError(tried.fault);
}
