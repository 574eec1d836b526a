/** The management role: totals, dead letters, status and probes. The control plane's API joins it here. */
import type { Clock, Logger, SnapshotSource } from "@datafly-signal/core";
import type { EventLog } from "@datafly-signal/ports/log";
import type { StateStore } from "@datafly-signal/ports/state";
import type { ControlPlane } from "./control-plane.ts";
import { type DeadLetters, openDeadLetters } from "./dead-letters/dead-letters.ts";
import { demoRoutes } from "./demo/demo-routes.ts";
import { openFormerNames } from "./former-names.ts";
import type { ManagementHttp } from "./http/server.ts";
import type { Aggregator } from "./outcomes/aggregator.ts";
import {
  buildStatus,
  type LaneReport,
  type RefusedChangeReport,
  type RefusedRequestReport,
  type Status,
} from "./status.ts";
import { openSetAside, type SetAside } from "./set-aside/set-aside.ts";
import { openTraces, type Traces } from "./traces/traces.ts";
import { repeating } from "./repeating.ts";

export type { DeadLetterFilter, DeadLetterPage, DeadLetterStatus } from "./dead-letters/dead-letter-index.ts";
export type { DeadLetters, ShownDeadLetter } from "./dead-letters/dead-letters.ts";
export type { ReplayMode, ReplayResult } from "./dead-letters/replay.ts";
export type { IntegrationStatus, LaneReport, RefusedRequestReport, Status } from "./status.ts";
export { type Aggregator, startAggregator } from "./outcomes/aggregator.ts";
export { inFlight } from "./outcomes/totals.ts";
export { demoAddress } from "./demo/demo-address.ts";
export { type ManagementHttp, openManagementHttp } from "./http/server.ts";
export type { SetAsideState, ShownSetAside } from "./set-aside/entry.ts";
export type { SetAside, SetAsideFilter, SetAsidePage, SetAsideReplay } from "./set-aside/set-aside.ts";
export type { Traces } from "./traces/traces.ts";
export { ensureAdministrator } from "./access/first-administrator.ts";
export { type PasswordReset, resetPassword } from "./access/reset-password.ts";
export {
  accountsOf,
  type AppliedConfiguration,
  type ExportedConfiguration,
  type Operator,
} from "./operator/operator.ts";
export type { NamedChange } from "./operator/named-changes.ts";
export type { UnreadableSecret } from "./secrets/examine.ts";
export type { Rotation } from "./secrets/reseal.ts";
export type { SecretsStatus } from "./secrets/status.ts";
export { openConfigurationStore, type ConfigurationStore } from "./configuration/configuration-store.ts";
export { type ControlPlane, createControlPlane } from "./control-plane.ts";

export interface ManagementOptions {
  log: EventLog;
  state: StateStore;
  snapshots: SnapshotSource;
  clock: Clock;
  logger: Logger;
  /** The totals of outcomes; who started it closes it. */
  aggregator: Aggregator;
  /** The API over the configuration; who made it closes it. */
  controlPlane: Pick<ControlPlane, "routes">;
  /** Already listening; closed with the rest. */
  http: ManagementHttp;
  /** Null where there is never a demo: in production. */
  demo: { gatewayPort(): number | null } | null;
  /** What the workers say of their lanes. */
  lanes(): Promise<LaneReport[]>;
  /** Addresses and ranges whose forwarding headers count. */
  trustedProxies: readonly string[];
  /** Reasons why a role is not ready. */
  ready(): Promise<string[]>;
  /** The last requests that the gateway refused, oldest first. */
  refused(): Promise<RefusedRequestReport[]>;
  /** The change of the configuration that is refused at present. */
  refusedChange(): RefusedChangeReport | null;
  /** What keeps the configuration from being as the database says. */
  troubles(): string[];
  metrics(): Promise<{ contentType: string; text: string }>;
}

export interface Management {
  deadLetters: DeadLetters;
  setAside: SetAside;
  traces: Traces;
  status(): Promise<Status>;
  /** Every integration that has counts or is configured: those that were removed too. */
  integrations(): Promise<{ id: string; name: string }[]>;
  /** Waits for a change under way as long as the deadline allows. */
  close(deadlineMs: number): Promise<void>;
}

const FOLLOW_EVERY_MS = 60_000;

export async function startManagement(options: ManagementOptions): Promise<Management> {
  const { log, clock, snapshots, aggregator } = options;
  const deadLetters = openDeadLetters({ log, records: options.state.records, snapshots, clock });
  const setAside = openSetAside({ log, records: options.state.records, snapshots, clock });
  const formerNames = await openFormerNames({ ...options, records: options.state.records });
  const traces = openTraces({ log, records: options.state.records, clock, logger: options.logger });
  const status = async (): Promise<Status> => {
    const [totals, lanes] = [await aggregator.totals(), await options.lanes()];
    return buildStatus({
      log,
      snapshot: snapshots.current(),
      totals,
      lanes,
      refused: await options.refused(),
      refusedChange: options.refusedChange(),
      setAside: await setAside.summary(),
      formerName: (id) => formerNames.of(id),
      expired: (id) => deadLetters.expired(id),
    });
  };
  const integrations = async (): Promise<{ id: string; name: string }[]> => {
    const totals = await aggregator.totals();
    const names = new Map(snapshots.current().integrations.map(({ id, name }) => [id, name]));
    for (const { integrationId } of Object.values(totals.lanes)) {
      if (!names.has(integrationId)) names.set(integrationId, "(removed)");
    }
    return [...names].map(([id, name]) => ({ id, name }));
  };
  const often = { everyMs: FOLLOW_EVERY_MS, trouble: "dead letters could not be followed" };
  const following = repeating(options, often, async () => {
    for (const { id } of await integrations()) await deadLetters.follow(id);
  });
  const { http } = options;
  const home = (): string | null => (snapshots.current().demo === undefined ? null : "/demo");
  await http.serve({
    ...options,
    home,
    routes: [...options.controlPlane.routes, ...demoOf(options, { traces, deadLetters })],
  });
  return {
    deadLetters,
    setAside,
    traces,
    status,
    integrations,
    async close(deadlineMs) {
      following.end();
      formerNames.end();
      await traces.close();
      await http.close();
      let cancel = (): void => undefined;
      const deadline = new Promise<void>((resolve) => (cancel = clock.after(deadlineMs, resolve)));
      await Promise.race([Promise.all([deadLetters.settled(), setAside.settled()]), deadline]);
      cancel();
    },
  };
}

function demoOf(
  { demo, snapshots, clock, http }: ManagementOptions,
  parts: Pick<Management, "traces" | "deadLetters">,
): ReturnType<typeof demoRoutes>[] {
  if (demo === null) return [];
  return [demoRoutes({ ...demo, ...parts, snapshots, clock, host: http.address.host })];
}
