/** What a gateway is started with: its settings, and what it needs of the rest of the system. */
import type { Clock, Logger, NewIds, SnapshotSource } from "@datafly-signal/core";
import type { EventLog } from "@datafly-signal/ports/log";
import type { Registry } from "prom-client";

export interface GatewaySettings {
  host: string;
  /** 0 takes any free port. */
  port: number;
  environment: "development" | "production";
  /** Addresses and CIDR ranges whose forwarding headers count. */
  trustedProxies: readonly string[];
  /** The `Domain` of `_dfid`; null leaves the cookie to the host that was asked. */
  cookieDomain: string | null;
  /** The largest body, in bytes after inflating. */
  maxPayloadBytes: number;
  /** Bytes of requests under way at once; above it requests are answered 503. At least four times `maxPayloadBytes`. */
  maxInFlightBytes: number;
  /** Events a batch. */
  maxBatchSize: number;
  /** How long a request may take to arrive, headers and body. */
  requestTimeoutMs: number;
  /** Connections at once; further ones are closed. Default 10,000. */
  maxConnections?: number;
}

export interface GatewayOptions {
  log: Pick<EventLog, "append">;
  snapshots: SnapshotSource;
  clock: Clock;
  ids: NewIds;
  logger: Logger;
  registry: Registry;
  settings: GatewaySettings;
  /** False while the disk reserve is used up: requests are answered 503. */
  accepting: () => boolean;
  /** Why this role is not ready; empty when it is. */
  ready: () => string[];
  /** datafly.js, served at `/datafly.js` and `/d.js`, and what its content is known by; without it these paths are 404. */
  collector?: { code: string; hash: string } | null;
}

/** A setting that the gateway cannot start with; the message names it and the cure. */
export class GatewaySettingsError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "GatewaySettingsError";
  }
}
