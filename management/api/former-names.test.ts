import assert from "node:assert/strict";
import { test } from "node:test";
import type { ConfigSnapshot, Logger, SnapshotSource } from "@datafly-signal/core";
import { openMemoryState } from "@datafly-signal/ports/state/memory";
import { openFormerNames } from "./former-names.ts";

test("an integration that was removed keeps its last name", async () => {
  let names = [{ id: "tmpl_1", name: "orders" }];
  let changed = (): void => undefined;
  const snapshots: SnapshotSource = {
    current: () => ({ integrations: names }) as unknown as ConfigSnapshot,
    onChange: (listener) => {
      changed = () => listener(snapshots.current());
      return () => undefined;
    },
    refresh: () => Promise.resolve(),
  };
  const former = await openFormerNames({ records: openMemoryState().records, snapshots, logger: {} as Logger });
  names = [{ id: "tmpl_1", name: "purchases" }];
  changed();
  names = [];
  changed();
  assert.equal(await former.of("tmpl_1"), "purchases");
  assert.equal(await former.of("tmpl_2"), undefined);
});
