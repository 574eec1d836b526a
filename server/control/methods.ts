/** What the running server does for the command line. */
import type { Clock, SnapshotSource } from "@datafly-signal/core";
import type { Injected, Injection } from "@datafly-signal/gateway";
import type { Management } from "@datafly-signal/management-api";
import type { LmdbLog } from "@datafly-signal/ports/log/lmdb";
import { DATABASE_FILE } from "../database.ts";
import { writeBackup } from "./backup.ts";
import { ControlError, type ControlMethod } from "./control-server.ts";
import { deadLetterMethods } from "./dead-letter-methods.ts";
import { namedIntegration, namedPipeline, textArgument } from "./named.ts";
import { operatorMethods, type OperatorParts } from "./operator-methods.ts";
import { sendTestEvent } from "./send.ts";
import { serverFacts } from "./server-facts.ts";
import { setAsideMethods } from "./set-aside-methods.ts";
import { tail } from "./tail.ts";

export interface ControlParts extends Pick<OperatorParts, "operator" | "reload"> {
  management: Pick<Management, "deadLetters" | "integrations" | "setAside" | "status" | "traces">;
  log: LmdbLog;
  snapshots: SnapshotSource;
  clock: Clock;
  settings: OperatorParts["settings"] & {
    dataDir: string;
    traceShare: number;
    diskReserveBytes: number | null;
    databaseUrl: string | null;
    encryptionKey: Uint8Array | null;
  };
  ids: { uuidV4(): string; uuidV7(): string };
  configurationFiles(): string[];
  /** What keeps the configuration from being as the database says, in words. */
  troubles(): string[];
  /** Reasons why a role is not ready. */
  ready(): Promise<string[]>;
  inject(injection: Injection): Promise<Injected>;
}

export function controlMethods(parts: ControlParts): Record<string, ControlMethod> {
  const { management, log, snapshots, clock, settings } = parts;
  let copying = false;
  return {
    ...deadLetterMethods(management),
    ...setAsideMethods(parts),
    ...operatorMethods(parts),
    status: () => management.status(),
    facts: () => serverFacts(parts),
    async *tail(args, gone) {
      const pipeline = textArgument(args, "pipeline");
      const integration = textArgument(args, "integration");
      const filter = {
        pipelineId: pipeline === undefined ? null : namedPipeline(snapshots.current(), pipeline).id,
        integrationId: integration === undefined ? null : await namedIntegration(management, integration),
        event: textArgument(args, "event")?.toLowerCase() ?? null,
        user: textArgument(args, "user") ?? null,
        failed: args["failed"] === true,
      };
      const { traces } = management;
      yield* tail({ log, snapshots, traces, clock, traceShare: settings.traceShare }, filter, gone);
    },
    async *send(args, gone) {
      yield* sendTestEvent(parts, args, gone);
    },
    async backup(args) {
      const target = textArgument(args, "target");
      if (target === undefined) throw new ControlError("bad_request", "Name the folder to write the backup to.");
      if (copying) throw new ControlError("refused", "A backup is being written. Start another when it is done.");
      copying = true;
      try {
        const { dataDir, diskReserveBytes, databaseUrl, encryptionKey } = settings;
        const snapshot = (): number => snapshots.current().number;
        const { configurationFiles } = parts;
        return await writeBackup(
          {
            dataDir,
            log,
            clock,
            snapshot,
            configurationFiles,
            database: databaseUrl === null ? DATABASE_FILE : "DATABASE_URL",
            encryptionKey: encryptionKey === null ? "encryption.key" : "ENCRYPTION_KEY",
            reserveBytes: diskReserveBytes,
          },
          target,
        );
      } finally {
        copying = false;
      }
    },
  };
}
