/** For tests of the mapping services: the routes on a real database, with vendors that have fields and blueprints. */
import { randomUUID } from "node:crypto";
import { type Clock, type Connector, type Logger } from "@datafly-signal/core";
import { type ConfiguredRig, openConfiguredRig } from "../pipelines/configured-rig-fixture.ts";
import { mappingRoutes } from "./mapping-routes.ts";
import type { MappingServices } from "./mapping-services.ts";
import { type MappingWorkbench, openWorkbench, type WorkbenchLimits } from "./work/workbench.ts";

export const systemClock: Clock = {
  wall: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

export const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };

const COMMON = {
  category: "advertising",
  status: "ga",
  website: "https://shop.example.com",
  api: { version: "v1", documentation: "https://shop.example.com/docs" },
  limits: { rps: 10, daily: 0, batch: { size: 1, bytes: 1_000_000, intervalMs: 0 }, concurrency: 1 },
  consent_categories: [],
  plan: () => [],
} as const;

const RETAIL = `# Purchases only.
version: 2
events:
  purchase:
    vendor_event_name: Purchase
    mappings:
      - { source: canonical.value, target: custom_data.value, transform: to_number } # what it is worth
`;

/** A vendor with fields, one of its events with a field of its own, settings, and blueprints. */
export const CONVERSIONS: Connector = {
  ...COMMON,
  key: "test_conversions",
  name: "Test Conversions",
  description: "Takes conversions.",
  config_fields: [
    { key: "pixel_id", label: "Pixel", type: "string", required: true, help_text: "The pixel." },
    { key: "access_token", label: "Token", type: "secret", required: true, help_text: "The token." },
  ],
  variants: [{ key: "default", name: "Default", description: "As it is.", default_config: { test_mode: "off" } }],
  schema: {
    fields: [
      { path: "event_name", type: "string", required: true, description: "What happened." },
      { path: "event_time", type: "integer", required: true, description: "When, in seconds." },
      { path: "user_data.em", type: ["string", "array"], required: "conditional", description: "The e-mail's digest." },
      { path: "custom_data.value", type: "number", required: false, description: "What it is worth." },
      {
        path: "custom_data.contents[].id",
        type: "string",
        required: true,
        description: "A product's id.",
        link: "https://shop.example.com/docs#contents",
      },
      { path: "action_source", type: "string", required: false, description: "Where.", enum: ["website", "app"] },
    ],
    events: {
      Purchase: [
        { path: "custom_data.value", type: "number", required: true, description: "What it is worth." },
        { path: "custom_data.order_id", type: "string", required: false, description: "The order." },
      ],
    },
  },
  blueprints: [
    { key: "retail", name: "Retail", description: "For shops.", vertical: "retail", mapping: RETAIL },
    { key: "travel", name: "Travel", description: "For journeys.", vertical: "travel", mapping: "version: 2\n" },
  ],
};

/** A vendor that takes anything. */
const ANYTHING: Connector = {
  ...COMMON,
  key: "test_anything",
  name: "Test Anything",
  description: "Takes anything.",
  config_fields: [],
  variants: [],
  blueprints: [{ key: "retail", name: "Retail", description: "For shops.", vertical: "retail", mapping: RETAIL }],
};

export interface MappingRig extends ConfiguredRig {
  workbench: MappingWorkbench;
  configuration: MappingServices["changes"];
}

export async function openMappingRig(limits: Partial<WorkbenchLimits> = {}): Promise<MappingRig> {
  const workbench = openWorkbench({ clock: systemClock, logger: silent, limits: { timeMs: 20_000, ...limits } });
  const connectors = new Map<string, Connector>([ANYTHING, CONVERSIONS].map((one) => [one.key, one]));
  const ids = { uuidV4: () => randomUUID(), uuidV7: () => "0193f0a2-5c3e-7d10-9b1a-6f2d8c4e7a90" };
  let configuration: MappingServices["changes"] | undefined;
  const rig = await openConfiguredRig(({ changes }) => {
    configuration = changes;
    return mappingRoutes({ connectors, workbench, changes, ids });
  });
  if (configuration === undefined) throw new Error("the rig made no routes");
  return {
    ...rig,
    workbench,
    configuration,
    async close() {
      await workbench.close();
      await rig.close();
    },
  };
}
