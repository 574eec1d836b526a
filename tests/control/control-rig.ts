/** A server that is configured by its API alone, a vendor beside it, and events sent to it as a website would. */
import assert from "node:assert/strict";
import type { ManagementClient } from "@datafly-signal/management-client";
import { askServer } from "../harness/ask-server.ts";
import { type Answer, type Received, type Receiver, startReceiver } from "../harness/receiver.ts";
import { ADMINISTRATOR_ENV, done, type SignedIn, signedIn } from "../harness/signed-in.ts";
import { type SignalServer, startSignal, workFolder } from "../harness/signal-server.ts";
import { until } from "../harness/until.ts";

/** Generous: the machine may be busy. What must be fast is measured by itself. */
export const LATE_MS = 30_000;

export interface ControlRig {
  folder: string;
  server: SignalServer;
  api: SignedIn;
  client: ManagementClient;
  vendor: Receiver;
  clean(step: () => unknown): void;
  /** Ends everything and removes the folder. */
  close(): Promise<void>;
}

export interface RigOptions {
  env?: Record<string, string>;
  config?: string;
  answer?: Answer;
}

/** What is undone at the end: the latest first; a step that fails does not keep the others from running. */
export function cleaning(): { clean(step: () => unknown): void; close(): Promise<void> } {
  const steps: (() => unknown)[] = [];
  return {
    clean: (step) => void steps.push(step),
    async close() {
      const failures: unknown[] = [];
      for (const step of steps.splice(0).toReversed()) {
        try {
          await step();
        } catch (error) {
          failures.push(error);
        }
      }
      if (failures.length > 0) throw failures[0];
    },
  };
}

export async function openControlRig(options: RigOptions = {}): Promise<ControlRig> {
  const { config, env, answer } = options;
  const { clean, close } = cleaning();
  try {
    const { folder, remove } = await workFolder();
    clean(remove);
    const vendor = await startReceiver(answer);
    clean(vendor.close);
    const start = { folder, env: { ...ADMINISTRATOR_ENV, ...env } };
    const server = await startSignal({ ...start, ...(config !== undefined && { config }) });
    clean(() => server.stop());
    const api = await signedIn(server);
    return { folder, server, api, client: api.client, vendor, clean, close };
  } catch (error) {
    await close();
    throw error;
  }
}

export interface Lane {
  pipelineId: string;
  key: string;
  integrationId: string;
  /** pi_… */
  laneId: string;
}

export interface NewLane {
  name: string;
  config: Record<string, unknown>;
  mapping?: string;
  revision?: number | "latest";
}

/** A pipeline with a webhook of its own, both called `name`; what is sent from then on goes to the vendor. */
export async function makeLane(rig: Pick<ControlRig, "client" | "server" | "vendor">, lane: NewLane): Promise<Lane> {
  const { client } = rig;
  const { name, config, mapping, revision } = lane;
  const body = { name, config, ...(mapping !== undefined && { mapping }) };
  const { template } = await done(client.installIntegration({ params: { key: "webhook" }, body }));
  const { id: pipelineId, pipeline_key: key } = await done(client.createPipeline({ body: { name } }));
  const { id: laneId } = await done(
    client.assignIntegration({
      params: { id: pipelineId },
      body: { integration_id: template.id, ...(revision !== undefined && { revision }) },
    }),
  );
  assert.ok(key !== null);
  await laneUp(rig, { key, laneId });
  return { pipelineId, key, integrationId: template.id, laneId };
}

/** The key is accepted before the lane is there: an event from in between is none of the lane's. So it is tried until one is. */
export async function laneUp(
  { server, vendor }: Pick<ControlRig, "server" | "vendor">,
  { key, laneId }: Pick<Lane, "key" | "laneId">,
): Promise<void> {
  let last = 0;
  let probes = 0;
  await until(
    LATE_MS,
    async () => {
      if (vendor.requests.some(({ headers }) => deliveryOf(headers).startsWith(laneId))) return true;
      if (Date.now() - last < 300) return false;
      last = Date.now();
      await track(server, key, { messageId: `probe-${laneId}-${(probes += 1)}`, event: "Probe" });
      return false;
    },
    () => `a first delivery of ${laneId}\n${server.output().slice(-3000)}`,
  );
}

/** The gateway's status. */
export async function track(
  server: Pick<SignalServer, "gateway">,
  key: string,
  event: { messageId: string; event?: string } & Record<string, unknown>,
): Promise<number> {
  const response = await fetch(`${server.gateway}/v1/t`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ type: "track", event: "Order Completed", anonymousId: "visitor-1", ...event }),
  });
  await response.text();
  return response.status;
}

/** Sends one event and answers the request that brought it to the vendor. */
export async function sent(
  { server, vendor }: Pick<ControlRig, "server" | "vendor">,
  key: string,
  event: { messageId: string } & Record<string, unknown>,
): Promise<Received> {
  assert.equal(await track(server, key, event), 200, `${event.messageId} is accepted`);
  return until(
    LATE_MS,
    () => vendor.requests.find(({ headers }) => deliveryOf(headers).endsWith(`:${event.messageId}`)),
    () => `${event.messageId} to arrive\n${server.output().slice(-3000)}`,
  );
}

/** `<lane>:<messageId>` */
export function deliveryOf(headers: Received["headers"]): string {
  return String(headers["x-signal-delivery-id"] ?? "");
}

export interface LaneStatus {
  name: string;
  accepted: number;
  filtered: Record<string, number>;
  delivered: number;
  dead_lettered: Record<string, number>;
  in_flight: number;
  circuit: string;
}

/** As `status --json` says it. */
export async function statusOf({ server }: Pick<ControlRig, "server">, integrationId: string): Promise<LaneStatus> {
  const { integrations } = (await askServer(server, "status")) as { integrations: (LaneStatus & { id: string })[] };
  const found = integrations.find(({ id }) => id === integrationId);
  assert.ok(found, `status names ${integrationId}`);
  return found;
}
