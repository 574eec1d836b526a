/** What a request of each operation can look like: shown in the reference, and tried by whoever tries the API out. */
import type { JsonValue } from "@datafly-signal/core";

const MAPPING = [
  "version: 2",
  "events:",
  "  purchase:",
  "    vendor_event_name: Purchase",
  "    mappings:",
  "      - { source: canonical.value, target: value, transform: to_number }",
  "",
].join("\n");

const CONFIGURATION = [
  "version: 1",
  "pipelines:",
  "  - name: Shop",
  "    pipeline_key: dk_live_0123456789abcdef",
  "    domain_allowlist: [shop.example.com]",
  "    integrations:",
  "      - integration: Orders",
  "integrations:",
  "  - name: Orders",
  "    vendor: webhook",
  "    config: { url: https://hooks.example.com/orders }",
  "",
].join("\n");

/** By operation: those that take a body. */
export const REQUEST_EXAMPLES: Readonly<Record<string, JsonValue>> = {
  login: { email: "jane@example.com", password: "four quiet lamps by a river" },
  refreshSession: { refresh_token: "dfs_rt_…" },
  logout: { refresh_token: "dfs_rt_…" },
  acceptInvitation: { token: "dfs_inv_…", name: "Jane Smith", password: "five slow boats at noon" },
  updateMe: { current_password: "four quiet lamps by a river", password: "five slow boats at noon" },
  createApiToken: {
    name: "deploy",
    scopes: ["pipelines:read", "configuration:export"],
    expires_at: "2027-06-30T00:00:00Z",
  },
  updateUser: { role: "source_editor", version: 1 },
  createInvitation: { email: "jane@example.com", role: "source_admin" },
  updateOrganisation: { name: "Shop", version: 1 },
  createPipeline: { name: "Shop", type: "web", domain_allowlist: ["shop.example.com"], labels: ["env:production"] },
  updatePipeline: { rate_limit_rps: 500, parameters: { region: "eu", former: null }, version: 1 },
  createPipelineKey: { expires_previous_in_seconds: 86_400 },
  assignIntegration: { integration_id: "tmpl_…", revision: "latest" },
  updatePipelineIntegration: { revision: 2, enabled: true, version: 1 },
  installIntegration: { name: "Orders", config: { url: "https://hooks.example.com/orders" } },
  createCustomIntegration: {
    name: "Warehouse",
    vendor_name: "Our warehouse",
    config: { url: "https://hooks.example.com/warehouse" },
  },
  updateIntegration: { description: "What is ordered, as it is ordered.", version: 1 },
  createRevision: { mapping: MAPPING, change_summary: "Values as numbers", version: 1 },
  testIntegration: { revision: 2, event: { type: "track", event: "purchase", properties: { value: 79.99 } } },
  testSettings: { config: { url: "https://hooks.example.com/orders" } },
  replaceDataLayer: { config: { pii_rules: { hash_fields: ["traits.email"] } }, version: 1 },
  updateDataLayer: { config: { bot_filtering: { enabled: true } }, version: 1 },
  validateMapping: { mapping: MAPPING },
  measureMapping: { mapping: MAPPING, vendor: "webhook" },
  convertMapping: { mapping: "version: 1\nsteps: []\n" },
  editMapping: {
    text: MAPPING,
    edits: [
      {
        op: "add_row",
        section: "purchase",
        list: "mappings",
        row: { source: "canonical.currency", target: "currency" },
      },
    ],
  },
  previewMapping: { mapping: MAPPING, sample: { event: "purchase", vertical: "ecommerce" } },
  checkExpression: { expression: "properties.value > 100", sample: { event: "purchase" } },
  diffConfiguration: { yaml: CONFIGURATION },
  applyConfiguration: { yaml: CONFIGURATION, dry_run: true },
};
