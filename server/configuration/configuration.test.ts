import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { type ConfigSnapshot, createKeyring, derivedId, type PipelineConfig } from "@datafly-signal/core";
import { openConfigurationRig, ORDERS } from "./configuration-rig-fixture.ts";

const DEMO = { receiveUrl: "http://127.0.0.1:8084/demo/receive", domainAllowlist: [] };
const LABELLED = ORDERS.replace("name: Shop,", "name: Shop, labels: [new],");
const ORDERS_ID = derivedId("template", "Orders");

test("the file is applied at the start, and again when it changes", async (t) => {
  const rig = await openConfigurationRig(t);
  await rig.file(ORDERS);
  const { snapshots } = await rig.started();
  assert.equal(snapshots.current().number, 1);
  await rig.look();
  assert.equal(snapshots.current().number, 1, "the same file is no change");
  await rig.file(LABELLED);
  await rig.look();
  assert.equal(snapshots.current().number, 2);
  assert.deepEqual((await rig.state()).pipelines[0]?.labels, ["new"]);
  const { snapshots: again } = await rig.started();
  assert.equal(again.current().number, 2, "nor is the next start");
});

test("wrong files: all faults at the start; while running the last good one stays, and each is said once", async (t) => {
  const rig = await openConfigurationRig(t);
  await rig.file(ORDERS.replace("vendor: webhook", "vendor: webhok"));
  const refused = await rig.start();
  assert.ok("faults" in refused);
  assert.match(refused.faults.join("\n"), /unknown vendor "webhok"/);
  await rig.file(ORDERS);
  const configuration = await rig.started();
  await rig.file("version: 1\npipelines: 5\n");
  for (const _ of [1, 2, 3]) await rig.look();
  assert.equal(configuration.snapshots.current().number, 1);
  assert.match(configuration.refused()?.faults.join("\n") ?? "", /pipelines must be a list/);
  assert.equal(rig.log.filter(({ message }) => message.includes("was refused")).length, 1);
  await rig.file(LABELLED);
  await rig.look();
  assert.equal(configuration.refused(), null);
  assert.equal(configuration.snapshots.current().number, 2);
});

test("what waits keeps a file from being taken, until it is delivered; its warnings are said once", async (t) => {
  const rig = await openConfigurationRig(t);
  await rig.file(ORDERS);
  const configuration = await rig.started();
  rig.waiting = [{ integrationId: ORDERS_ID, laneId: (await rig.state()).lanes[0]?.id ?? "", count: 3 }];
  const bare = "version: 1\npipelines: [{ name: Shop, pipeline_keys: [] }]\n";
  await rig.file(bare);
  for (const _ of [1, 2, 3]) await rig.look();
  assert.match(configuration.refused()?.faults.join() ?? "", /3 deliveries still wait/);
  assert.equal(rig.log.filter(({ message }) => message.includes("no key")).length, 1);
  rig.waiting = [];
  await rig.look();
  assert.equal(configuration.refused(), null);
  assert.deepEqual(configuration.snapshots.current().integrations, []);
});

test("a start may give up what waits for what has left, and says so only once", async (t) => {
  const rig = await openConfigurationRig(t);
  await rig.file(ORDERS);
  await rig.started();
  rig.waiting = [{ integrationId: ORDERS_ID, laneId: "pi_x", count: 3 }];
  await rig.file("version: 1\n");
  const refused = await rig.start();
  assert.ok("faults" in refused && /--discard-waiting/.test(refused.faults.join()));
  const { snapshots } = await rig.started({ discardWaiting: true });
  assert.deepEqual(snapshots.current().removed, [{ integrationId: ORDERS_ID }]);
  await rig.file(ORDERS.replaceAll("Orders", "Stock"));
  await rig.look();
  rig.waiting.push({
    integrationId: derivedId("template", "Stock"),
    laneId: (await rig.state()).lanes[0]?.id ?? "",
    count: 2,
  });
  await rig.file("version: 1\n");
  await rig.look();
  assert.equal(snapshots.current().integrations.length, 1, "the word counted for the start");
});

test("a change of the database is followed, also one that changes nothing of the file's", async (t) => {
  const rig = await openConfigurationRig(t);
  await rig.file(ORDERS);
  const { snapshots } = await rig.started();
  await rig.edit((state) => ({ ...state, pipelines: state.pipelines.map((one) => ({ ...one, rateLimitRps: 7 })) }));
  await rig.look(0);
  assert.equal(snapshots.current().pipelines[0]?.rateLimitRps, 7);
  assert.equal(snapshots.current().number, 2);
  const told = rig.told.length;
  await rig.look();
  assert.equal(rig.told.length, told, "what did not change is not told again");
});

test("a file that changes while the database is away is applied when it is back", async (t) => {
  const rig = await openConfigurationRig(t);
  await rig.file(ORDERS);
  const configuration = await rig.started();
  rig.away = true;
  await rig.file(LABELLED);
  for (const _ of [1, 2, 3]) await rig.look();
  assert.equal(configuration.snapshots.current().number, 1);
  assert.match(configuration.troubles().join(), /^database: /);
  assert.equal(rig.log.filter(({ level }) => level === "error").length, 1, "said once");
  rig.away = false;
  await rig.look();
  await rig.look();
  assert.equal(configuration.snapshots.current().number, 2);
  assert.deepEqual(configuration.troubles(), []);
  assert.deepEqual((await rig.state()).pipelines[0]?.labels, ["new"]);
});

test("without its database the server starts with what was good last; without that too it does not", async (t) => {
  const rig = await openConfigurationRig(t);
  await rig.file(ORDERS);
  rig.away = true;
  const refused = await rig.start();
  assert.ok("faults" in refused && /does not answer/.test(refused.faults.join()));
  rig.away = false;
  const before = (await rig.started()).snapshots.current();
  rig.away = true;
  await rig.file(LABELLED);
  const configuration = await rig.started();
  assert.deepEqual(configuration.snapshots.current(), before);
  await rig.look();
  assert.equal(configuration.snapshots.current().number, 1);
  rig.away = false;
  await rig.look();
  await rig.look();
  assert.equal(configuration.snapshots.current().number, 2);
  assert.deepEqual((await rig.state()).pipelines[0]?.labels, ["new"]);
});

test("a database that comes back empty after a start without it is begun, and counts on", async (t) => {
  const rig = await openConfigurationRig(t);
  await rig.file(ORDERS);
  await rig.started();
  for (const label of ["a", "b", "c"]) {
    await rig.file(ORDERS.replace("name: Shop,", `name: Shop, labels: [${label}],`));
    await rig.look();
  }
  rig.away = true;
  const configuration = await rig.started();
  assert.equal(configuration.snapshots.current().number, 4);
  await rig.setBack(null);
  rig.away = false;
  await rig.look();
  await rig.look();
  assert.deepEqual(configuration.troubles(), []);
  assert.ok(configuration.snapshots.current().number > 4);
  assert.equal((await rig.state()).pipelines.length, 1);
});

for (const isRunning of [true, false]) {
  test(`a database that is set back ${isRunning ? "while the server runs" : "before a start"} counts on from what was used`, async (t) => {
    const rig = await openConfigurationRig(t);
    await rig.file(ORDERS);
    await rig.started();
    const early = await rig.state();
    for (const label of ["a", "b", "c"]) {
      await rig.file(ORDERS.replace("name: Shop,", `name: Shop, labels: [${label}],`));
      await rig.look();
    }
    assert.equal(rig.told.at(-1)?.number, 4);
    await rig.setBack(early);
    if (isRunning) await rig.look();
    else await rig.started();
    const numbers = rig.told.map(({ number }) => number);
    assert.deepEqual(
      numbers,
      numbers.toSorted((a, b) => a - b),
      "never goes back",
    );
    assert.ok((rig.told.at(-1)?.number ?? 0) > 4);
    await rig.look();
    assert.equal((await rig.state()).number, rig.told.at(-1)?.number);
    assert.deepEqual((await rig.state()).pipelines[0]?.labels, ["c"], "the file is applied again");
  });
}

test("an integration whose topics cannot be made is left out alone, and is there once they can", async (t) => {
  const rig = await openConfigurationRig(t);
  await rig.file(
    ORDERS.replace("integration: Orders }", "integration: Orders }, { integration: Stock }") +
      '  - { name: Stock, vendor: webhook, consent_categories: [], config: { url: "https://stock.example.com" } }\n',
  );
  rig.unmade.add(ORDERS_ID);
  const configuration = await rig.started();
  const names = (): string[] => configuration.snapshots.current().integrations.map(({ name }) => name);
  assert.deepEqual(names(), ["Stock"]);
  assert.equal(configuration.snapshots.current().lanes.length, 1);
  assert.match(configuration.troubles().join(), /integration "Orders" is left out: no topic/);
  await rig.look(0.3);
  rig.unmade.clear();
  await rig.look(0.3);
  assert.deepEqual(names(), ["Stock"], "tried again after a while, not at each look");
  await rig.look();
  assert.deepEqual(names().toSorted(), ["Orders", "Stock"]);
  assert.deepEqual(configuration.troubles(), []);
  assert.equal(rig.log.filter(({ message }) => message.includes("topics cannot be made")).length, 1);
});

test("late deliveries of what left are given up by what is configured then, not by what was published", async (t) => {
  const rig = await openConfigurationRig(t);
  await rig.file(ORDERS);
  const { snapshots } = await rig.started();
  const laneId = (await rig.state()).lanes[0]?.id ?? "";
  await rig.file("version: 1\n");
  await rig.look();
  rig.waiting = [{ integrationId: ORDERS_ID, laneId, count: 1 }];
  const other = { integrationId: "tmpl_other", pipelineIntegrationId: null };
  await rig.edit((state) => ({ ...state, departures: [other] }));
  await rig.look(0.3);
  const ids = snapshots.current().removed.map(({ integrationId }) => integrationId);
  assert.deepEqual(ids.toSorted(), [ORDERS_ID, "tmpl_other"].toSorted());
});

test("the built-in start changes nothing at the next start, and makes room for a file", async (t) => {
  const rig = await openConfigurationRig(t);
  await rig.started({ demo: DEMO });
  const first = await rig.state();
  assert.deepEqual(
    [first.pipelines[0]?.owner, first.integrations[0]?.owner, first.lanes[0]?.owner],
    ["demo", "demo", "demo"],
  );
  await rig.started({ demo: DEMO });
  assert.deepEqual(await rig.state(), first);
  await rig.started({ demo: { ...DEMO, receiveUrl: "http://127.0.0.1:9999/demo/receive" } });
  assert.equal((await rig.state()).integrations[0]?.revisions.length, 2, "its address follows the port");
  await rig.file(ORDERS);
  await rig.started({ demo: DEMO });
  const taken = await rig.state();
  assert.deepEqual(
    taken.pipelines.map(({ name, owner }) => [name, owner]),
    [["Shop", "file"]],
  );
  assert.equal(taken.dataLayer.config, null);
  await rig.file(null);
  await rig.started({ demo: DEMO });
  const back = await rig.state();
  assert.deepEqual(
    back.pipelines.map(({ name, owner, keys }) => [name, owner, keys[0]?.key]),
    [["My site", "demo", first.pipelines[0]?.keys[0]?.key]],
  );
});

const format2 = async (name: string): Promise<string> => readFile(new URL(`format-2/${name}`, import.meta.url), "utf8");
const KEYS = createKeyring({ current: new Uint8Array(32).fill("a".charCodeAt(0)) });
const ENV = {
  TOKEN: "planted-token-of-format-2",
  PARAMETER: "planted-parameter",
  SALT: "planted-salt-of-format-2",
  RENEWED: "planted-token-renewed",
};

test("what format 2 kept as one record goes on as it was: numbers, revisions, secrets, what was removed", async (t) => {
  const rig = await openConfigurationRig(t);
  const record = JSON.parse(await format2("file.json")) as { snapshotNumber: number; snapshot: ConfigSnapshot };
  await rig.records.put([["configuration", Buffer.from(JSON.stringify(record))]]);
  await rig.file(await format2("file.yaml"));
  const gone = record.snapshot.removed[0]?.integrationId ?? "";
  rig.waiting = [{ integrationId: gone, laneId: "pi_gone", count: 3 }];
  const { snapshots } = await rig.started({ env: ENV });
  const { number, pipelines, integrations, lanes, removed, dataLayer, organisation } = snapshots.current();
  assert.ok(number >= record.snapshotNumber);
  assert.deepEqual(removed, [{ integrationId: gone }]);
  assert.deepEqual(
    { dataLayer, organisation },
    { dataLayer: record.snapshot.dataLayer, organisation: record.snapshot.organisation },
  );
  const sorted = <T extends { id: string }>(list: T[]): T[] => list.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  assert.deepEqual(sorted(lanes), sorted(record.snapshot.lanes));
  assert.deepEqual(sorted(integrations), sorted(record.snapshot.integrations));
  const unordered = (list: PipelineConfig[]): object[] =>
    sorted(list).map((one) => ({ ...one, keys: one.keys.toSorted() }));
  assert.deepEqual(unordered(pipelines), unordered(record.snapshot.pipelines));
  const state = await rig.state();
  const hook = state.integrations.find(({ name }) => name === "Hook");
  assert.deepEqual(
    hook?.revisions.map(({ number: each }) => each),
    [1, 2, 3],
  );
  const sealed = hook?.revisions[2]?.content?.secrets["auth_token"] ?? "";
  const address = { organisation: "org_test", object: hook?.id ?? "", field: "auth_token" };
  assert.equal(KEYS.open(sealed, address), ENV.RENEWED);
  const old = state.integrations.find(({ id }) => id === gone);
  assert.deepEqual([old?.revisions.length, old?.deletedAt === null, old?.owner], [1, false, null]);
  assert.ok([...state.pipelines, ...state.lanes].every(({ owner }) => owner === "file"));
  await rig.started({ env: ENV });
  assert.deepEqual(await rig.state(), state, "the next start finds nothing to change");
});

test("a demo of format 2 stays the demo", async (t) => {
  const rig = await openConfigurationRig(t);
  await rig.records.put([["configuration", Buffer.from(await format2("demo.json"))]]);
  await rig.records.put([["built-in-pipeline-key", Buffer.from("dk_test_0123456789abcdef")]]);
  const { snapshots } = await rig.started({ demo: { ...DEMO, domainAllowlist: ["*"] } });
  assert.deepEqual(snapshots.current().demo, { receiveUrl: DEMO.receiveUrl });
  const state = await rig.state();
  assert.deepEqual(
    state.integrations.map(({ owner, revisions }) => [owner, revisions.length]),
    [["demo", 1]],
  );
  assert.equal(state.lanes[0]?.revision, null, "follows the latest again");
  await rig.file(ORDERS);
  assert.ok("configuration" in (await rig.start()));
});
