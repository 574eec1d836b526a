/** For tests of connection tests: a vendor that gives tokens and can be asked, and what is sent to it. */
import { createHash } from "node:crypto";
import {
  type Connector,
  createKeyring,
  type DeliveryPlan,
  type SettingsFault,
  type VendorRequest,
  type VendorResponse,
} from "@datafly-signal/core";
import { loadConnectors } from "@datafly-signal/connectors";
import { installRoute } from "../catalogue/install-route.ts";
import { silent, systemClock } from "../mapping/mapping-rig-fixture.ts";
import { openWorkbench } from "../mapping/work/workbench.ts";
import { pipelineIntegrationRoutes } from "../pipeline-integrations/pipeline-integration-routes.ts";
import { type ConfiguredRig, openConfiguredRig } from "../pipelines/configured-rig-fixture.ts";
import { pipelineRoutes } from "../pipelines/pipeline-routes.ts";
import { revisionRoutes } from "./revision-routes.ts";
import type { SendFailure } from "./send-once.ts";
import { templateRoutes } from "./template-routes.ts";
import { connectionTestRoutes } from "./test-route.ts";

const field = (key: string, type: "string" | "secret", required = true) =>
  ({ key, label: key, type, required, help_text: `The ${key}.` }) as const;

const request = (url: string, more: Partial<VendorRequest> = {}): VendorRequest => ({
  ...{ method: "GET", url, headers: {}, body: null, covers: [] },
  ...more,
});

/** Its `mode` says what it does: `token`, `no_test`, `throws`, `refuses`, `hangs`. */
const ASKED: Connector = {
  key: "asked",
  name: "Asked",
  description: "A vendor that can be asked.",
  category: "other",
  status: "ga",
  website: "https://vendor.example.com",
  api: { version: "1", documentation: "https://vendor.example.com/docs" },
  config_fields: [
    field("host", "string"),
    field("dataset_id", "string", false),
    field("mode", "string", false),
    field("api_key", "secret"),
  ],
  variants: [{ key: "default", name: "Default", description: "As it is.", default_config: {} }],
  limits: { rps: 1, daily: 0, batch: { size: 1, bytes: 1_000, intervalMs: 0 }, concurrency: 1 },
  consent_categories: [],
  plan({ parameters, secrets }): DeliveryPlan | SettingsFault[] {
    const { host, dataset_id: dataset, mode } = parameters;
    const key = secrets["api_key"] ?? "";
    if (dataset === "refused") return [{ field: "dataset_id", message: "This is refused." }];
    const withToken = mode === "token" || mode === "hangs";
    return {
      ...{ batch: this.limits.batch, timeoutMs: 30_000, maxRetries: 5, guarded: true },
      ...(withToken && {
        token: {
          key: "token",
          request: () =>
            mode === "hangs"
              ? new Promise<never>(() => undefined)
              : request(`${String(host)}/token`, {
                  method: "POST",
                  body: `assertion=signed-with-it&client_secret=${key}`,
                }),
          read: ({ status, body }, now) =>
            status === 200
              ? { token: body, expiresAt: now + 1_000 }
              : { kind: "misconfigured", reason: `No token (${status}): ${body}` },
        },
      }),
      ...(mode !== "no_test" && {
        test: {
          request({ token }) {
            if (mode === "throws") throw new TypeError(`bad key ${key}`);
            return request(`${String(host)}/me`, { headers: { Authorization: `Bearer ${token ?? key}` } });
          },
          read: ({ status, body }) =>
            status === 200
              ? { ok: true, message: `Connected: ${body}` }
              : { ok: false, kind: "credentials", field: "api_key", message: `Refused (${status}): ${body}` },
        },
      }),
      build: ([delivery]) =>
        mode === "refuses"
          ? { requests: [], refused: [{ index: 0, reason: "It lacks an order." }] }
          : {
              requests: [
                request(`${String(host)}/events`, {
                  method: "POST",
                  body: JSON.stringify(delivery?.payload),
                  covers: [0],
                }),
              ],
              refused: [],
            },
      classify: ({ status, body }) => [
        status < 300 ? { kind: "delivered" } : { kind: "reject", reason: `It was not taken: ${body}` },
      ],
    };
  },
};

interface Reached {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string;
  guarded: boolean;
  timeoutMs: number;
}

export interface TestRig extends ConfiguredRig {
  /** What was sent to vendors. */
  reached: Reached[];
  /** What vendors answer. */
  answer: (reached: Reached) => VendorResponse | SendFailure | Promise<VendorResponse | SendFailure>;
  /** By so much sooner than they should come what is late is given up. */
  haste: number;
}

export const answered = (status: number, body = ""): VendorResponse => ({ status, headers: {}, body });

export async function openTestRig(): Promise<TestRig> {
  const connectors = new Map([...(await loadConnectors()), ["asked", ASKED] as const]);
  const reached: Reached[] = [];
  const workbench = openWorkbench({ clock: systemClock, logger: silent });
  const made: Pick<TestRig, "reached" | "answer" | "haste"> = {
    ...{ reached, haste: 1 },
    answer: () => answered(200, "shop"),
  };
  const rig = await openConfiguredRig(
    (services) => [
      ...pipelineRoutes(services),
      ...pipelineIntegrationRoutes(services),
      installRoute({ ...services, connectors }),
      ...templateRoutes({ ...services, connectors }),
      ...revisionRoutes({ ...services, connectors }),
      ...connectionTestRoutes({
        ...services,
        connectors,
        workbench,
        ids: {
          uuidV4: () => "0a0a0a0a-0000-4000-8000-000000000000",
          uuidV7: () => "0a0a0a0a-0000-7000-8000-000000000000",
        },
        keyring: createKeyring({ current: createHash("sha256").update("test").digest() }),
        nonce: () => new Uint8Array(12),
        allowPrivateAddresses: true,
        waiting: async () => () => 0,
        clock: { ...systemClock, after: (ms, run) => systemClock.after(ms / made.haste, run) },
        async sendOnce({ method, url, headers, body }, options) {
          reached.push({ method, url, headers, body: String(body ?? ""), ...options });
          return made.answer(reached.at(-1) as Reached);
        },
      }),
    ],
    { connectors },
  );
  return Object.assign(made, rig, {
    async close() {
      await rig.close();
      await workbench.close();
    },
  });
}
