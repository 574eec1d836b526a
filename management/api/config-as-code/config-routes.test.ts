import assert from "node:assert/strict";
import { test } from "node:test";
import { configurationNumber, type Database } from "@datafly-signal/ports/store";
import { eachDatabase } from "@datafly-signal/ports/store/testing";
import { type ChangesRig, openChangesRig } from "../configuration/changes-rig-fixture.ts";
import { type ApiRig, openApiRig, type RigFault } from "../http/api-rig.ts";
import { configAsCodeRoutes } from "./config-routes.ts";

interface Answered {
  dry_run: boolean;
  changes: string[];
  number: number;
  yaml: string;
  error?: RigFault;
}

const yaml = (name: string): string => `version: 1
pipelines:
  - { id: pip_shop, name: ${name}, slug: shop, pipeline_keys: [dk_live_12345678] }
`;

async function openRig(database: Database): Promise<{ configured: ChangesRig; rig: ApiRig }> {
  const configured = await openChangesRig({ database });
  const { services, changes } = configured;
  const rig = await openApiRig({ database, routes: configAsCodeRoutes({ ...services, changes }) });
  return { configured, rig };
}

eachDatabase("configuration as code, made from a certain number", (open) => {
  test("is applied, and compared, only while the configuration has that number", async () => {
    const database = await open();
    const { rig } = await openRig(database);
    const post = (path: string, body: object) => rig.call<Answered>("POST", `/config/${path}`, { body });
    const exported = async () => (await rig.call<Answered>("GET", "/config/export")).body;
    const state = async () => [(await exported()).yaml, await configurationNumber(database.queries)];
    const first = await exported();
    const applied = await post("apply", { yaml: yaml("Shop"), number: first.number });
    assert.deepEqual([applied.status, applied.body.dry_run], [200, false], JSON.stringify(applied.body));
    assert.deepEqual(applied.body.changes.length, 1);
    const second = await exported();
    assert.equal(second.number, first.number + 1);

    const before = [await state(), (await rig.audits()).length, rig.changes()];
    for (const number of [first.number, second.number + 1, 9_007_199_254_740_991]) {
      const calls = [
        ["apply", {}],
        ["apply", { dry_run: true }],
        ["apply", { prune: true, discard_waiting: true }],
        ["diff", {}],
      ] as const;
      for (const [path, more] of calls) {
        const { status, body } = await post(path, { yaml: yaml("Store"), number, ...more });
        assert.deepEqual([status, body.error?.code], [409, "VERSION_CONFLICT"], `${path} ${number}`);
      }
    }
    // Said before the text is looked at: it may be wrong only of what is there by now.
    const { body: wrong } = await post("apply", { yaml: "version: 7\n", number: first.number });
    assert.equal(wrong.error?.code, "VERSION_CONFLICT");
    assert.deepEqual([await state(), (await rig.audits()).length, rig.changes()], before, "nothing was changed");

    for (const more of [{ number: second.number }, {}]) {
      const compared = await post("diff", { yaml: yaml("Store"), ...more });
      assert.deepEqual([compared.status, compared.body.changes.length], [200, 1]);
    }
    assert.equal((await post("apply", { yaml: yaml("Store"), number: second.number, dry_run: true })).status, 200);
    assert.equal((await exported()).number, second.number, "what only says what would change leaves the number");
    assert.equal((await post("apply", { yaml: yaml("Store"), number: second.number })).status, 200);
    assert.equal(
      (await post("apply", { yaml: yaml("Shop") })).status,
      200,
      "without a number whatever is there counts",
    );
    await rig.close();
  });

  test("is applied once, of several that were made from the same number at the same time", async () => {
    const database = await open();
    const { rig } = await openRig(database);
    const number = await configurationNumber(database.queries);
    const racing = ["A", "B", "C", "D"].map((name) =>
      rig.call<Answered>("POST", "/config/apply", { body: { yaml: yaml(name), number } }),
    );
    const answers = await Promise.all(racing);
    assert.deepEqual(answers.map(({ status }) => status).toSorted(), [200, 409, 409, 409]);
    assert.equal(await configurationNumber(database.queries), number + 1);
    await rig.close();
  });
});

test("a number is a whole one, not below zero", async () => {
  const { services, changes, database } = await openChangesRig();
  const rig = await openApiRig({ database, routes: configAsCodeRoutes({ ...services, changes }) });
  for (const path of ["apply", "diff"]) {
    for (const number of [-1, 0.5, "1", null, 9_007_199_254_740_992]) {
      const body = { yaml: yaml("Shop"), number };
      const { status, body: answer } = await rig.fails("POST", `/config/${path}`, { body });
      assert.deepEqual([status, answer.error.details?.map(({ path }) => path)], [422, ["number"]], `${path} ${number}`);
    }
  }
  await rig.close();
  await database.close();
});
