/** The management role: totals, dead letters, status and probes. The control plane's API joins it here. */
import type { Clock, Logger, SnapshotSource } from "@datafly-signal/core";
import type { EventLog } from "@datafly-signal/ports/log";
import type { StateStore } from "@datafly-signal/ports/state";
import { type DeadLetters, openDeadLetters } from "./dead-letters/dead-letters.ts";
import { startManagementHttp } from "./http/server.ts";
import type { Aggregator } from "./outcomes/aggregator.ts";
import { buildStatus, type LaneReport, type Status } from "./status.ts";

export type { DeadLetterFilter, DeadLetterPage, DeadLetterStatus } from "./dead-letters/dead-letter-index.ts";
export type { DeadLetters, ShownDeadLetter } from "./dead-letters/dead-letters.ts";
export type { ReplayMode, ReplayResult } from "./dead-letters/replay.ts";
export type { IntegrationStatus, LaneReport, Status } from "./status.ts";
export { type Aggregator, startAggregator } from "./outcomes/aggregator.ts";
export { inFlight } from "./outcomes/totals.ts";

export interface ManagementOptions {
  log: EventLog;
  state: StateStore;
  snapshots: SnapshotSource;
  clock: Clock;
  logger: Logger;
  /** The totals of outcomes; who started it closes it. */
  aggregator: Aggregator;
  host: string;
  /** 0 takes any free one. */
  port: number;
  /** What the workers say of their lanes. */
  lanes(): Promise<LaneReport[]>;
  /** Reasons why a role is not ready. */
  ready(): Promise<string[]>;
  metrics(): Promise<{ contentType: string; text: string }>;
}

export interface Management {
  address: { host: string; port: number };
  deadLetters: DeadLetters;
  status(): Promise<Status>;
  close(): Promise<void>;
}

export async function startManagement(options: ManagementOptions): Promise<Management> {
  const { log, clock, snapshots, aggregator } = options;
  const deadLetters = openDeadLetters({ log, records: options.state.records, snapshots, clock });
  const http = await startManagementHttp(options);
  return {
    address: http.address,
    deadLetters,
    async status() {
      const [totals, lanes] = [await aggregator.totals(), await options.lanes()];
      return buildStatus({ log, snapshot: snapshots.current(), totals, lanes });
    },
    async close() {
      await http.close();
      await deadLetters.settled();
    },
  };
}
