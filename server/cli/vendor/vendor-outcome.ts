/** `signal vendor outcome`: what a vendor's answer means for each of the events that were sent. */
import { parseArgs } from "node:util";
import { vendorExample, type VendorExample } from "@datafly-signal/connectors/example-case";
import {
  type DeliveryPlan,
  type DeliveryRecord,
  isJsonObject,
  type JsonObject,
  type VendorOutcome,
  type VendorResponse,
} from "@datafly-signal/core";
import { connectorOf, eventsOf, momentOf, objectOf } from "../input.ts";
import type { Output } from "../output.ts";
import { UsageError } from "../usage.ts";
import { triedDeliveries } from "./tried-deliveries.ts";
import { type PlannedVendor, planVendor } from "./vendor-settings.ts";

const OPTIONS = {
  json: { type: "boolean" },
  variant: { type: "string" },
  blueprint: { type: "string" },
  config: { type: "string" },
  response: { type: "string" },
  events: { type: "string" },
  now: { type: "string" },
} as const;

const MOST_EVENTS = 10_000;

interface EventOutcome {
  index: number;
  outcome: Exclude<VendorOutcome["kind"], "prepare">;
  /** Null where it was delivered. */
  reason: string | null;
}

/** Prints JSON in any case. 1 when the settings are wrong. */
export async function vendorOutcome(args: string[], output: Output): Promise<number> {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: OPTIONS });
  const [key, ...more] = positionals;
  if (key === undefined || more.length > 0) throw new UsageError("vendor outcome takes one vendor.");
  if (values.response === undefined)
    throw new UsageError("Name the vendor's answer: --response r.json, or - for standard input.");
  const connector = await connectorOf(key);
  const response = responseOf(objectOf(values.response, "status, headers and body of the answer"));
  const example = await vendorExample(connector);
  const config =
    values.config === undefined
      ? { ...example.settings.parameters, ...example.settings.secrets }
      : objectOf(values.config, "the settings by their fields");
  const planned = planVendor({
    ...{ connector, variant: values.variant, blueprint: values.blueprint, mapping: undefined },
    ...{ config, parameters: {} },
  });
  if ("faults" in planned) {
    for (const fault of planned.faults) output.fault(fault);
    return 1;
  }
  const outcomes = sent(planned, { events: sentEvents(values.events, example), now: values.now, example });
  await output.raw(`${JSON.stringify(outcomes(response), null, 2)}\n`);
  return 0;
}

/** `body` may be the text itself, or the value of a JSON body. */
function responseOf({ status, headers = {}, body = "" }: JsonObject): VendorResponse {
  if (typeof status !== "number" || !Number.isInteger(status) || status < 100 || status > 599)
    throw new UsageError("The answer needs its status, as in {status: 200, headers: {}, body: …}.");
  const named = isJsonObject(headers) ? Object.entries(headers) : [];
  return {
    status,
    headers: Object.fromEntries(named.map(([name, value]) => [name.toLowerCase(), String(value)])),
    body: typeof body === "string" ? body : body === null ? "" : JSON.stringify(body),
  };
}

/** A number of copies of the vendor's example, which differ by their id; or a file with events. */
function sentEvents(given: string | undefined, { event }: VendorExample): JsonObject[] {
  if (given !== undefined && !/^\d+$/.test(given)) return eventsOf(given);
  const count = Number(given ?? 1);
  if (count < 1 || count > MOST_EVENTS)
    throw new UsageError(`--events takes how many were sent, 1 to ${MOST_EVENTS}, or a file with events.`);
  return Array.from({ length: count }, (_, index) => ({ ...event, messageId: `message-${index + 1}` }));
}

/** Builds their requests, and tells what the same answer to each of them means. */
function sent(
  planned: PlannedVendor,
  { events, now: given, example }: { events: JsonObject[]; now: string | undefined; example: VendorExample },
): (response: VendorResponse) => EventOutcome[] {
  const now = given === undefined ? example.now : momentOf(given);
  const { deliveries, unsent } = triedDeliveries(events, planned, now);
  const refused = unsent.map(({ index, reason }): EventOutcome => ({ index, outcome: "reject", reason }));
  return (response) =>
    [...refused, ...answered(planned.plan, deliveries, { response, now })].toSorted(
      (one, other) => one.index - other.index,
    );
}

function answered(
  plan: DeliveryPlan,
  deliveries: readonly DeliveryRecord[],
  { response, now }: { response: VendorResponse; now: number },
): EventOutcome[] {
  const placeOf = (index: number): number => deliveries[index]?.raw.offset ?? index;
  const { requests, refused } = plan.build(deliveries, {
    ...{ now, batchId: "preview-1" },
    ...(plan.token && { token: "ACCESS_TOKEN" }),
  });
  const outcomes = requests.flatMap((request) => {
    const all = plan.classify(response, request, { now });
    const isOneNamed = all.some((outcome) => outcome.kind === "reject" && outcome.bisect !== true);
    return all.map((outcome, place) => {
      const shown = all.length > 1 ? bisected(outcome, isOneNamed) : outcome;
      return told(shown, placeOf(request.covers[place] ?? place));
    });
  });
  return [...refused.map(({ index, reason }) => told({ kind: "reject", reason }, placeOf(index))), ...outcomes];
}

/** A request that was refused for one of its events is sent again in halves: who only shared it is lost by no means. */
function bisected(outcome: VendorOutcome, isOneNamed: boolean): VendorOutcome {
  if (outcome.kind !== "reject" || outcome.bisect !== true) return outcome;
  if (isOneNamed) return { kind: "retry", reason: outcome.reason };
  return {
    kind: "reject",
    reason: `${outcome.reason} The request is sent again in halves until the event at fault is alone.`,
  };
}

/** What is made at the vendor first is sent again afterwards. */
function told(outcome: VendorOutcome, index: number): EventOutcome {
  const { kind } = outcome;
  if (kind === "delivered") return { index, outcome: kind, reason: null };
  return { index, outcome: kind === "prepare" ? "retry" : kind, reason: outcome.reason };
}
