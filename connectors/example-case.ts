/** An example of each vendor, for those who only want to see what its answers mean: settings that work, and an event it takes. */
import { join } from "node:path";
import { type ConnectionSettings, type Connector, type JsonObject, sampleEvent } from "@datafly-signal/core";
import { CASE_NOW, caseSettings } from "./contract-case.ts";
import { exampleSettings, readGolden } from "./golden-case.ts";

export interface VendorExample {
  settings: ConnectionSettings;
  /** As a client sends it. */
  event: JsonObject;
  /** A time at which the event is fresh, epoch milliseconds. */
  now: number;
}

/** Of the golden requests where the vendor has blueprints, a purchase where it takes one; else of its fields' examples. */
export async function vendorExample(connector: Connector): Promise<VendorExample> {
  const { key, blueprints = [] } = connector;
  const name = blueprints.find((one) => one.key === "default")?.key;
  const golden = name === undefined ? null : await readGolden(join(import.meta.dirname, key), name);
  const cases = (golden?.cases ?? []).filter(({ fields }) => fields === "all");
  const { given } = cases.find(({ event }) => event === "purchase") ?? cases[0] ?? {};
  const sample = { messageId: "m", anonymousId: "a", timestamp: new Date(CASE_NOW).toISOString(), consent: [] };
  return {
    settings: caseSettings({ settings: golden?.settings ?? exampleSettings(connector) }),
    event: given ?? sampleEvent("purchase", sample),
    now: CASE_NOW,
  };
}
