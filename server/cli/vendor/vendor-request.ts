/** `signal vendor request`: the HTTP requests that an install would send for these events. */
import { parseArgs } from "node:util";
import { writtenBody } from "@datafly-signal/connectors/contract-case";
import {
  type DeliveryPlan,
  type DeliveryRecord,
  type JsonObject,
  redact,
  type VendorRequest,
} from "@datafly-signal/core";
import { connectorOf, eventsOf, momentOf, objectOf, parametersOf, textOf } from "../input.ts";
import type { Output } from "../output.ts";
import { UsageError } from "../usage.ts";
import { triedDeliveries } from "./tried-deliveries.ts";
import { planVendor } from "./vendor-settings.ts";

const OPTIONS = {
  json: { type: "boolean" },
  variant: { type: "string" },
  blueprint: { type: "string" },
  mapping: { type: "string" },
  config: { type: "string" },
  events: { type: "string" },
  now: { type: "string" },
  param: { type: "string", multiple: true },
  token: { type: "string" },
  redact: { type: "boolean" },
} as const;

/** Stands for the token that a vendor would give. */
const TOKEN = "ACCESS_TOKEN";

/** Prints JSON in any case; what is not sent is said on standard error. 1 when the settings are wrong. */
export async function vendorRequest(args: string[], output: Output): Promise<number> {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: OPTIONS });
  const [key, ...more] = positionals;
  if (key === undefined || more.length > 0) throw new UsageError("vendor request takes one vendor.");
  const { config, events: file, token = TOKEN } = values;
  if (file === undefined) throw new UsageError("Name the events: --events e.json, or - for standard input.");
  if ([config, file, values.mapping].filter((one) => one === "-").length > 1)
    throw new UsageError("Only one file can be standard input.");
  const connector = await connectorOf(key);
  const events = eventsOf(file);
  const planned = planVendor({
    ...{ connector, variant: values.variant, blueprint: values.blueprint },
    mapping: values.mapping === undefined ? undefined : textOf(values.mapping),
    config: config === undefined ? {} : settingsOf(objectOf(config, "the settings by their fields")),
    parameters: parametersOf(values.param ?? []),
  });
  if ("faults" in planned) {
    for (const fault of planned.faults) output.fault(fault);
    return 1;
  }
  const now = momentOf(values.now);
  const { plan, consent } = planned;
  const tried = triedDeliveries(events, planned, now);
  const { requests, refused } = built(plan, tried.deliveries, { now, token });
  for (const { index, reason } of [...tried.unsent, ...refused].toSorted((a, b) => a.index - b.index))
    output.fault(`event ${index} is not sent: ${reason}`);
  if (consent.length > 0 && tried.deliveries.some((delivery) => delivery.consent === null))
    output.fault(`note: events without context.consent are sent by an integration without consent_categories only`);
  const text = JSON.stringify(requests.map(shown), null, 2);
  const secrets = [...planned.secrets, ...(plan.token === undefined ? [] : [token])];
  await output.raw(`${values.redact === true ? redact(text, secrets, text.length) : text}\n`);
  return 0;
}

/** The body of an install call is taken too. */
function settingsOf(given: JsonObject): JsonObject {
  const { config } = given;
  const isCall = typeof config === "object" && config !== null && !Array.isArray(config);
  return isCall && Object.keys(given).every((key) => CALL.has(key)) ? config : given;
}

const CALL = new Set(["name", "variant", "config", "delivery_mode"]);

/** In batches as large as the plan allows; refusals by the event's place among those given. */
function built(
  plan: DeliveryPlan,
  deliveries: readonly DeliveryRecord[],
  { now, token }: { now: number; token: string },
): { requests: VendorRequest[]; refused: { index: number; reason: string }[] } {
  const requests: VendorRequest[] = [];
  const refused: { index: number; reason: string }[] = [];
  const most = Math.max(1, plan.batch.size);
  for (let from = 0; from < deliveries.length; from += most) {
    const batch = deliveries.slice(from, from + most);
    const batchId = `preview-${from / most + 1}`;
    const made = plan.build(batch, { now, batchId, ...(plan.token && { token }) });
    requests.push(...made.requests);
    for (const { index, reason } of made.refused) refused.push({ index: batch[index]?.raw.offset ?? index, reason });
  }
  return { requests, refused };
}

function shown({ method, url, headers, body }: VendorRequest): JsonObject {
  return { method, url, headers, body: writtenBody({ body, headers }) };
}
