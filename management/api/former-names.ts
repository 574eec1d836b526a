/** Remembers what integrations were called, so that counts of one that was removed still say whose they are. */
import type { Logger, SnapshotSource } from "@datafly-signal/core";
import type { RecordTable } from "@datafly-signal/ports/state";

export interface FormerNames {
  /** The last name of an integration; undefined when it never had one here. */
  of(integrationId: string): Promise<string | undefined>;
  end(): void;
}

/** Notes the names of the current configuration, and of each one after it. */
export async function openFormerNames(parts: {
  records: RecordTable;
  snapshots: SnapshotSource;
  logger: Logger;
}): Promise<FormerNames> {
  const { records, snapshots, logger } = parts;
  const note = (): Promise<void> =>
    records.put(snapshots.current().integrations.map(({ id, name }) => [keyOf(id), Buffer.from(name)] as const));
  const noteOrWarn = (): Promise<void> =>
    note().catch((error: unknown) => logger.warn({ error: String(error) }, "names could not be noted"));
  const end = snapshots.onChange(() => void noteOrWarn());
  await noteOrWarn();
  return {
    async of(integrationId) {
      const stored = await records.get(keyOf(integrationId));
      return stored === undefined ? undefined : Buffer.from(stored).toString("utf8");
    },
    end,
  };
}

function keyOf(integrationId: string): string {
  return `integration-name/${integrationId}`;
}
