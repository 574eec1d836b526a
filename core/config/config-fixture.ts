/** Vendors, a mapping check and a key for the tests of the configuration. */
import type { Connector, SettingsFault } from "../connector/contract.ts";
import { isJsonObject, type JsonValue } from "../json.ts";
import type { MappingFault } from "../mapping/contract.ts";
import { createKeyring } from "../secrets/sealing.ts";
import { applyFile, type ApplyResult } from "./apply-file.ts";
import type { ApplyOptions } from "./apply-draft.ts";
import { type ConfigurationState, emptyConfiguration } from "./configuration-state.ts";
import type { ConfigSeal } from "./content-seal.ts";
import type { ReadOptions } from "./read-context.ts";
import type { SignalFile } from "./signal-file.ts";
import type { ConfigSnapshot } from "./snapshot.ts";
import { snapshotOf } from "./snapshot-of.ts";

const limits = { rps: 50, daily: 0, batch: { size: 100, bytes: 1_000_000, intervalMs: 1000 }, concurrency: 2 };

function vendor(part: Pick<Connector, "key" | "name" | "config_fields" | "plan"> & Partial<Connector>): Connector {
  return {
    description: "",
    category: "other",
    status: "ga",
    website: "https://vendor.example.com",
    api: { version: "1", documentation: "https://vendor.example.com/docs" },
    variants: [{ key: "default", name: "Default", description: "", default_config: {} }],
    limits,
    consent_categories: [],
    ...part,
  };
}

function planOf(faults: SettingsFault[]): ReturnType<Connector["plan"]> {
  if (faults.length > 0) return faults;
  return {
    batch: limits.batch,
    timeoutMs: 1000,
    maxRetries: 5,
    guarded: true,
    build: () => ({ requests: [], refused: [] }),
    classify: () => [],
  };
}

const webhook = vendor({
  key: "webhook",
  name: "Custom Webhook",
  takes_delivery_spec: true,
  config_fields: [
    { key: "url", label: "Endpoint URL", type: "string", required: true, help_text: "An https address." },
    {
      key: "method",
      label: "Method",
      type: "select",
      required: false,
      options: ["POST", "PUT"],
      help_text: "POST or PUT.",
    },
    { key: "headers", label: "Headers", type: "textarea", required: false, help_text: "JSON." },
    { key: "auth_token", label: "Token", type: "secret", required: false, help_text: "The token." },
    {
      key: "batch_enabled",
      label: "Batching",
      type: "select",
      required: false,
      options: ["true", "false"],
      help_text: "On or off.",
    },
    { key: "batch_size", label: "Batch size", type: "string", required: false, help_text: "Events." },
    { key: "batch_interval_ms", label: "Wait", type: "string", required: false, help_text: "Milliseconds." },
    {
      key: "timeout_ms",
      label: "Timeout",
      type: "string",
      required: false,
      default: 30_000,
      help_text: "Milliseconds.",
    },
  ],
  // Echoes what it refuses, as no connector should: the reader must strike secrets out all the same.
  plan: ({ parameters, secrets }) =>
    planOf([
      ...(String(parameters.url).startsWith("https://")
        ? []
        : [{ field: "url", message: `the URL ${String(parameters.url)} is not https` }]),
      ...(secrets.auth_token === "refused-by-vendor"
        ? [{ field: "auth_token", message: `the token ${secrets.auth_token} is too weak` }]
        : []),
    ]),
});

const axon = vendor({
  key: "axon",
  name: "Axon",
  config_fields: [
    { key: "api_key", label: "API Key", type: "secret", required: true, help_text: "Your API key." },
    { key: "org_id", label: "Organisation ID", type: "string", required: true, help_text: "Your organisation." },
    { key: "dataset_id", label: "Dataset ID", type: "string", required: true, help_text: "The target dataset." },
  ],
  plan: ({ parameters }) =>
    planOf(
      String(parameters.org_id).startsWith("org-")
        ? []
        : [{ field: "org_id", message: "an organisation id begins with org-" }],
    ),
});

const metaCapi = vendor({
  key: "meta_capi",
  name: "Meta Conversions API",
  config_fields: [
    { key: "pixel_id", label: "Pixel ID", type: "string", required: true, help_text: "Digits." },
    { key: "access_token", label: "Access Token", type: "secret", required: true, help_text: "A system user's token." },
  ],
  variants: [
    { key: "default", name: "Default", description: "", default_config: {} },
    { key: "retail", name: "Retail", description: "", default_config: { batch_size: 100, hash_pii: true } },
  ],
  consent_categories: ["advertising"],
  plan: ({ parameters }) =>
    planOf(
      /^\d+$/.test(String(parameters.pixel_id)) ? [] : [{ field: "pixel_id", message: "a pixel id has digits only" }],
    ),
});

export const testConnectors: ReadonlyMap<string, Connector> = new Map(
  [webhook, axon, metaCapi].map((one) => [one.key, one]),
);

/** Stands in for the compiler: rows need a target, and know one transform. */
function checkTestMapping(document: JsonValue): { mapping: JsonValue } | { faults: MappingFault[] } {
  const faults: MappingFault[] = [];
  const sections = isJsonObject(document) && isJsonObject(document.events) ? document.events : {};
  if (!isJsonObject(document) || document.version !== 2) faults.push({ path: "version", message: "must be 2" });
  for (const [name, section] of Object.entries(sections)) {
    const rows = isJsonObject(section) && Array.isArray(section.mappings) ? section.mappings : [];
    for (const [index, row] of rows.entries()) {
      const path = `events.${name}.mappings[${index}]`;
      if (!isJsonObject(row) || row.target === undefined) faults.push({ path, message: "a row needs a target" });
      else if (row.transform !== undefined && row.transform !== "sha256") {
        faults.push({ path: `${path}.transform`, message: `there is no transform ${JSON.stringify(row.transform)}` });
      }
    }
  }
  return faults.length > 0 ? { faults } : { mapping: document };
}

export function testOptions(given: Partial<ReadOptions> = {}): ReadOptions {
  return {
    env: {},
    environment: "development",
    connectors: testConnectors,
    compileMapping: checkTestMapping,
    readFile: () => undefined,
    ...given,
  };
}

/** Keys are told by a letter; nonces count up. */
export function testSeal(current = "a", previous: readonly string[] = []): ConfigSeal {
  const key = (letter: string): Uint8Array => new Uint8Array(32).fill(letter.charCodeAt(0));
  let count = 0;
  return {
    keyring: createKeyring({ current: key(current), previous: previous.map(key) }),
    nonce: () => {
      count += 1;
      const bytes = new Uint8Array(12);
      new DataView(bytes.buffer).setUint32(8, count);
      return bytes;
    },
    organisationId: "org_test",
  };
}

const NOW = 1_790_000_000_000;

export type ApplyForTest = Partial<ApplyOptions> & { file: SignalFile; stored: ConfigurationState | null };

/** The file of a start, applied to what was kept before; null is a new installation. */
export function applyForTest(
  given: ApplyForTest,
):
  | { ok: true; snapshot: ConfigSnapshot; stored: ConfigurationState; changes: string[] }
  | Extract<ApplyResult, { ok: false }> {
  const { file, stored, ...options } = given;
  const before = stored ?? emptyConfiguration({ id: "org_test", name: "Test", now: NOW });
  let ids = before.number * 1000;
  const applied = applyFile(before, file, {
    seal: testSeal(),
    environment: "development",
    owner: file.demo === undefined ? "file" : "demo",
    whole: true,
    waiting: () => 0,
    discardWaiting: false,
    fileName: "signal.yaml",
    now: NOW + before.number,
    newId: (prefix) => `${prefix}${(ids += 1)}`,
    author: null,
    ...options,
  });
  if (!applied.ok) return applied;
  const { state, changes } = applied;
  return { ok: true, snapshot: snapshotOf(state, given.environment ?? "development"), stored: state, changes };
}
