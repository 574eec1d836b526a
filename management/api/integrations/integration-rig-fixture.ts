/** For tests: the routes of catalogue, integrations and pipeline integrations over the webhook and two made-up vendors. */
import { loadConnectors, loadLogos } from "@datafly-signal/connectors";
import type { Connector, SettingsFault } from "@datafly-signal/core";
import type { Database } from "@datafly-signal/ports/store";
import type { ConfigurationChanges } from "../configuration/configuration-changes.ts";
import { catalogueRoutes } from "../catalogue/catalogue-routes.ts";
import { installRoute } from "../catalogue/install-route.ts";
import { pipelineIntegrationRoutes } from "../pipeline-integrations/pipeline-integration-routes.ts";
import { type ConfiguredRig, openConfiguredRig } from "../pipelines/configured-rig-fixture.ts";
import { pipelineRoutes } from "../pipelines/pipeline-routes.ts";
import { revisionDiffRoute } from "./diff-route.ts";
import { revisionRoutes } from "./revision-routes.ts";
import { templateRoutes } from "./template-routes.ts";

const limits = { rps: 20, daily: 0, batch: { size: 10, bytes: 100_000, intervalMs: 100 }, concurrency: 2 };

function vendor(part: Pick<Connector, "key" | "name" | "config_fields"> & Partial<Connector>): Connector {
  return {
    description: `Sends events to ${part.name}.`,
    category: "other",
    status: "ga",
    website: "https://vendor.example.com",
    api: { version: "1", documentation: "https://vendor.example.com/docs" },
    variants: [{ key: "default", name: "Default", description: "As it is.", default_config: {} }],
    limits,
    consent_categories: [],
    plan: ({ parameters }) => {
      const faults: SettingsFault[] = [];
      if (parameters["dataset_id"] === "refused") faults.push({ field: "dataset_id", message: "This is refused." });
      if (faults.length > 0) return faults;
      return {
        batch: limits.batch,
        timeoutMs: 1000,
        maxRetries: 5,
        guarded: false,
        build: () => ({ requests: [], refused: [] }),
        classify: () => [],
      };
    },
    ...part,
  };
}

const field = (key: string, type: "string" | "secret", required = true) =>
  ({ key, label: key, type, required, help_text: `The ${key}.` }) as const;

const AXON = vendor({
  key: "axon",
  name: "Axon",
  status: "beta",
  config_fields: [field("api_key", "secret"), field("org_id", "string"), field("dataset_id", "string")],
});

export const RETAIL_MAPPING = `# Retail
version: 2
events:
  purchase:
    vendor_event_name: Purchase
    mappings:
      - { source: properties.value, target: custom_data.value } # in the shop's currency
`;

const META = vendor({
  key: "meta_capi",
  name: "Meta Conversions API",
  category: "advertising",
  tags: ["social"],
  config_fields: [
    field("pixel_id", "string"),
    field("access_token", "secret"),
    { ...field("test_event_code", "string", false), placeholder: "TEST12345" },
    {
      key: "hash_pii",
      label: "Hash",
      type: "select",
      required: false,
      options: ["true", "false"],
      default: "true",
      help_text: "Whether to hash.",
    },
  ],
  variants: [
    { key: "default", name: "Default", description: "As it is.", default_config: {} },
    {
      key: "retail",
      name: "Retail",
      description: "For shops.",
      default_config: { batch_size: 100, hash_pii: "true", include_catalog_data: "true" },
    },
    { key: "travel", name: "Travel", description: "For trips.", default_config: { hash_pii: "false" } },
  ],
  blueprints: [
    { key: "retail", name: "Retail", description: "What shops send.", vertical: "retail", mapping: RETAIL_MAPPING },
  ],
  consent_categories: ["marketing", "advertising"],
});

/** Says itself how it delivers. */
const DELIVERS = vendor({
  key: "own_api",
  name: "Own API",
  config_fields: [field("token", "secret", false)],
  takes_delivery_spec: true,
});

export interface IntegrationRig extends ConfiguredRig {
  configuration: ConfigurationChanges;
}

export async function openIntegrationRig(database?: Database): Promise<IntegrationRig> {
  // Beside the made-up ones only what lists in tests know.
  const shelf = await loadConnectors(undefined, ["webhook"]);
  const connectors = new Map([...shelf, ...[AXON, META, DELIVERS].map((one) => [one.key, one] as const)]);
  const logos = await loadLogos(shelf.keys());
  let configuration: ConfigurationChanges | undefined;
  const rig = await openConfiguredRig(
    (services) => [
      ...catalogueRoutes({ connectors, logos }),
      installRoute({ ...services, connectors }),
      ...templateRoutes({ ...services, connectors }),
      ...revisionRoutes({ ...services, connectors }),
      revisionDiffRoute(services),
      ...pipelineIntegrationRoutes(services),
      ...pipelineRoutes(services),
      ...keep(() => (configuration = services.changes)),
    ],
    { connectors, ...(database !== undefined && { database }) },
  );
  if (configuration === undefined) throw new Error("no routes were made");
  return { ...rig, configuration };
}

function keep(what: () => unknown): [] {
  what();
  return [];
}

export interface Made {
  template: { id: string; name: string; version: number; latest_revision: number } & Record<string, unknown>;
  revision: { id: string; revision_number: number; config: Record<string, unknown> } & Record<string, unknown>;
  warnings: { path: string; message: string }[];
}

/** A webhook integration. */
export async function install(rig: ConfiguredRig, body: Record<string, unknown> = {}): Promise<Made> {
  const config = { url: "https://hooks.example.com/events", authentication: "bearer", auth_token: "s3cret-marker" };
  const answer = await rig.call<Made>("POST", "/integration-catalog/webhook/install", {
    body: { name: "Orders", config, ...body },
  });
  if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
  return answer.body;
}

/** A pipeline's id. */
export async function makePipeline(rig: ConfiguredRig, name = "Website"): Promise<string> {
  const { status, body } = await rig.call("POST", "/pipelines", { body: { name } });
  if (status !== 201) throw new Error(JSON.stringify(body));
  const pipeline = (body["pipeline"] ?? body) as { id: string };
  return pipeline.id;
}
