/** The data plane of the embedded process: gateway, processor and worker, each on its own thread. */
import type { ConfigSnapshot } from "@datafly-signal/core";
import type { Injected, Injection, RefusedRequest } from "@datafly-signal/gateway";
import type { LaneReport } from "@datafly-signal/management-api";
import { AggregatorRegistry, type MetricObjectWithValues, type MetricValue } from "prom-client";
import { systemClock } from "../clock.ts";
import type { ThreadData } from "./protocol.ts";
import { type LoadingThread, type RoleName, type RoleThread, loadRoleThread } from "./role-thread.ts";

/** What each role gets although the deadline has passed. */
const LEAST_CLOSE_MS = 500;
/** What a role may take beyond its deadline, for a last commit. */
const CLOSE_GRACE_MS = 3000;

export interface DataPlane {
  gateway: { host: string; port: number };
  publish(snapshot: ConfigSnapshot): void;
  lanes(): Promise<LaneReport[]>;
  ready(): Promise<string[]>;
  /** The last refused requests, oldest first. */
  refused(): Promise<RefusedRequest[]>;
  /** One event of the operator's into the log. */
  inject(injection: Injection): Promise<Injected>;
  metrics(): Promise<{ contentType: string; text: string }>;
  /** Resolves with the reason when a thread ends by itself. */
  failed: Promise<Error>;
  /** In the order in which events flow: what is accepted is still processed and sent as far as the deadline allows. */
  close(deadlineMs: number): Promise<void>;
}

export interface DataPlaneOptions {
  data: ThreadData;
  onRefresh(): Promise<void>;
  /** Refused events by error code, as the gateway counts them. */
  onRefused(counts: Record<string, number>): void;
}

export async function startDataPlane(options: DataPlaneOptions): Promise<DataPlane> {
  const onTell = (topic: string, value: unknown): void => {
    if (topic === "refused") options.onRefused(value as Record<string, number>);
  };
  const load = (role: RoleName): LoadingThread => {
    const keys = role === "gateway" ? [] : options.data.keys;
    return loadRoleThread({ role, data: { ...options.data, keys }, onRefresh: options.onRefresh, onTell });
  };
  const { gateway, processor, worker } = await startAll(load);
  const roles = [gateway, processor, worker];
  return {
    gateway: gateway.facts as { host: string; port: number },
    publish: (snapshot) => roles.forEach((role) => role.publish(snapshot)),
    lanes: async () => (await worker.call("lanes")) as LaneReport[],
    async ready() {
      const answers = await Promise.all(roles.map(async (role) => (await role.call("ready")) as string[]));
      return answers.flatMap((reasons, index) => reasons.map((reason) => `${roles[index]?.role}: ${reason}`));
    },
    refused: async () => (await gateway.call("refused")) as RefusedRequest[],
    inject: async (injection) => (await gateway.call("inject", injection)) as Injected,
    metrics: () => mergedMetrics(roles),
    failed: Promise.race(roles.map((role) => role.ended.then((error) => error ?? new Promise<Error>(() => undefined)))),
    close: (deadlineMs) => closeAll(roles, deadlineMs),
  };
}

/** All load at once; the gateway begins last, so that nothing is accepted before it can be sent. All or none. */
async function startAll(load: (role: RoleName) => LoadingThread): Promise<Record<RoleName, RoleThread>> {
  const [worker, processor, gateway] = [load("worker"), load("processor"), load("gateway")];
  const started: RoleThread[] = [];
  const begin = async (thread: LoadingThread): Promise<RoleThread> => {
    const role = await thread.begin();
    started.push(role);
    return role;
  };
  try {
    const [first, second] = await Promise.all([begin(worker), begin(processor)]);
    return { worker: first, processor: second, gateway: await begin(gateway) };
  } catch (error) {
    await closeAll(started, 1000);
    // What has not begun, or is still at it: what it may leave behind is what a crash may.
    await Promise.all([worker, processor, gateway].map((thread) => thread.abandon()));
    throw error;
  }
}

/** One after the other within one deadline; a role that failed, or does not answer in time, does not keep the others from ending. */
async function closeAll(roles: readonly RoleThread[], deadlineMs: number): Promise<void> {
  const end = systemClock.monotonic() + deadlineMs;
  for (const role of roles) {
    const left = Math.max(LEAST_CLOSE_MS, end - systemClock.monotonic());
    const closed = role.call("close", left).then(() => role.ended);
    await Promise.race([closed.catch(() => undefined), later(left + CLOSE_GRACE_MS)]);
  }
}

function later(ms: number): Promise<void> {
  return new Promise((resolve) => void systemClock.after(ms, resolve));
}

async function mergedMetrics(roles: readonly RoleThread[]): Promise<{ contentType: string; text: string }> {
  const parts = await Promise.all(
    roles.map(async (role) => (await role.call("metrics")) as MetricObjectWithValues<MetricValue<string>>[]),
  );
  const registry = AggregatorRegistry.aggregate(parts);
  return { contentType: registry.contentType, text: await registry.metrics() };
}
