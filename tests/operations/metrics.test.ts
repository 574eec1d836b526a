/** The metrics that docs/operations.md names are there under these names, and none is left out. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { configuration } from "../harness/configuration.ts";
import { startReceiver } from "../harness/receiver.ts";
import { PROJECT, startSignal, workFolder } from "../harness/signal-server.ts";
import { cleaning } from "./cleaning.ts";

const SUFFIX = /_(bucket|sum|count)$/;

test("documented and exposed metrics are the same", async (t) => {
  const clean = cleaning(t);
  const work = await workFolder();
  clean(work.remove);
  const receiver = await startReceiver();
  clean(receiver.close);
  const config = configuration([{ name: "Orders", url: receiver.url }]);
  const server = await startSignal({ folder: work.folder, config });
  clean(() => server.stop());
  const exposed = await (await fetch(`${server.management}/metrics`)).text();
  const there = new Set([...exposed.matchAll(/^# TYPE (signal_\w+)/gm)].map(([, name]) => name));
  const text = await readFile(join(PROJECT, "docs/operations.md"), "utf8");
  const named = new Set([...text.matchAll(/\bsignal_[a-z_]+/g)].map(([name]) => name.replace(SUFFIX, "")));
  assert.deepEqual([...named].toSorted(), [...there].toSorted());
});
