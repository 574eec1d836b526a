/** What the parts of one integration's runner share. */
import type { Clock, Logger } from "@datafly-signal/core";
import type { EventLog } from "@datafly-signal/ports/log";
import type { Committer } from "./committer.ts";
import type { Sender } from "./http/sender.ts";
import type { IntegrationMetrics } from "./metrics.ts";
import type { Preparations } from "./preparations.ts";
import type { Tokens } from "./tokens.ts";
import type { DeliveryTraces } from "./trace-settings.ts";

export interface RunnerContext {
  integrationId: string;
  /** The delivery topic. */
  topic: string;
  log: EventLog;
  clock: Clock;
  /** 0 ≤ random() < 1. */
  random: () => number;
  logger: Logger;
  sender: Sender;
  tokens: Tokens;
  preparations: Preparations;
  metrics: IntegrationMetrics;
  committer: Committer;
  traces: DeliveryTraces;
  /** Deliveries held in memory, in estimated bytes. */
  memory: { bytes: number; readonly max: number };
}
