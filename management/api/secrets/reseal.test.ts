import assert from "node:assert/strict";
import { test } from "node:test";
import type { Keyring } from "@datafly-signal/core";
import {
  configurationNumber,
  type Database,
  findIdempotencyRecord,
  listAuditLogs,
  listSealedHolders,
  listSealedRevisions,
} from "@datafly-signal/ports/store";
import { eachDatabase } from "@datafly-signal/ports/store/testing";
import { type Rotation, resealSecrets } from "./reseal.ts";
import { change, fill, keyringOf, newId, nonce, NOW, orders, ORGANISATION, SECRETS } from "./sealed-fixture.ts";
import { secretsStatus } from "./status.ts";

function rotate(database: Database, keyring: Keyring, slice = 100): Promise<Rotation> {
  const seal = { keyring, nonce, organisationId: ORGANISATION };
  return resealSecrets({ database, seal, now: () => NOW, newId, slice });
}

async function everything(database: Database) {
  const revisions = await listSealedRevisions(database.queries, { after: null, limit: 1000 });
  return { revisions, holders: await listSealedHolders(database.queries) };
}

/** All secrets in clear, by what holds them; throws where one does not open. */
async function opened(database: Database, keyring: Keyring): Promise<string[]> {
  const { revisions, holders } = await everything(database);
  const all = [...revisions.map((one) => ({ object: one.integrationId, secrets: one.secrets })), ...holders];
  return all.flatMap(({ object, secrets }) =>
    Object.entries(secrets).map(([field, sealed]) => {
      const plain = keyring.open(sealed, { organisation: ORGANISATION, object, field });
      return `${object} ${field} ${plain}`;
    }),
  );
}

const NOTHING: Rotation = {
  resealed: 0,
  already: 6,
  fingerprints: 0,
  answersDeleted: 0,
  unreadable: [],
  previousKeyUnused: true,
};

eachDatabase("rotation of the encryption key", (open) => {
  test("everything opens with the new key alone; twice does nothing; nothing of a secret is told", async () => {
    const database = await open();
    await fill(database, keyringOf("a"));
    const before = await opened(database, keyringOf("a"));
    assert.equal(before.length, 6);
    const number = await configurationNumber(database.queries);
    const both = keyringOf("b", "a");
    const status = await secretsStatus(database, { keyring: both, organisationId: ORGANISATION });
    assert.deepEqual(
      [status.current, status.previous, status.fingerprints, status.answers, status.previousKeyUnused],
      [0, 6, 4, 1, false],
    );
    const rotation = await rotate(database, both);
    assert.deepEqual(rotation, { ...NOTHING, resealed: 6, already: 0, fingerprints: 4, answersDeleted: 1 });
    assert.deepEqual(await opened(database, keyringOf("b")), before);
    await assert.rejects(opened(database, keyringOf("a")), /sealed with another key/);
    assert.equal(await configurationNumber(database.queries), number + 1);
    const address = { owner: "usr_1", idempotency_key: keyringOf("a").currentKeyId };
    assert.equal(await findIdempotencyRecord(database.queries, address), undefined);

    const kept = await everything(database);
    assert.deepEqual(await rotate(database, both), NOTHING);
    assert.deepEqual(await rotate(database, keyringOf("b")), NOTHING);
    assert.deepEqual(await everything(database), kept);
    assert.equal(await configurationNumber(database.queries), number + 1);
    const after = await secretsStatus(database, { keyring: both, organisationId: ORGANISATION });
    assert.deepEqual([after.current, after.previous, after.previousKeyUnused], [6, 0, true]);

    const [audit, ...more] = await listAuditLogs(database.queries, { action: "secrets.rotated", limit: 10 });
    assert.equal(more.length, 0);
    assert.deepEqual([audit?.user_email, audit?.user_id, audit?.resource_id], ["command line", null, ORGANISATION]);
    const counted = JSON.parse(audit?.changes ?? "{}") as Record<string, { new: number }>;
    assert.deepEqual(
      Object.entries(counted).map(([name, { new: count }]) => [name, count]),
      [
        ["resealed", 6],
        ["fingerprints", 4],
        ["answers_deleted", 1],
        ["unreadable", 0],
      ],
    );
    const told = JSON.stringify([rotation, status, after, audit]);
    for (const secret of Object.values(SECRETS)) assert.equal(told.includes(secret), false);
  });

  test("content that is as before makes no revision afterwards, and content that is not makes one", async () => {
    const database = await open();
    await fill(database, keyringOf("a"));
    await rotate(database, keyringOf("b", "a"));
    assert.deepEqual(await change(database, keyringOf("b"), { integrations: [orders(3)] }), []);
    const [said] = await change(database, keyringOf("b"), { integrations: [orders(4)] });
    assert.equal(said, 'integration "Orders": revision 4 (config.url, secret auth_token)');
  });

  test("cut off between two slices, all opens with both keys, and the next run goes on", async () => {
    const database = await open();
    await fill(database, keyringOf("a"), 7);
    const before = await opened(database, keyringOf("a"));
    let slices = 0;
    const dying: Database = {
      ...database,
      queries: database.queries,
      transaction: (work) => {
        slices += 1;
        if (slices > 2) throw new RangeError("the process ends here");
        return database.transaction(work);
      },
    };
    await assert.rejects(rotate(dying, keyringOf("b", "a"), 2), /ends here/);
    assert.deepEqual(await opened(database, keyringOf("b", "a")), before);
    const seal = { keyring: keyringOf("b", "a"), organisationId: ORGANISATION };
    const halfway = await secretsStatus(database, seal);
    assert.deepEqual([halfway.current, halfway.previous, halfway.previousKeyUnused], [6, 4, false]);
    const rest = await rotate(database, keyringOf("b", "a"), 2);
    assert.deepEqual([rest.resealed, rest.already, rest.previousKeyUnused], [4, 6, true]);
    assert.deepEqual(await opened(database, keyringOf("b")), before);
    const audits = await listAuditLogs(database.queries, { action: "secrets.rotated", limit: 10 });
    const told = audits.map(({ changes }) => (JSON.parse(changes) as { resealed: { new: number } }).resealed.new);
    assert.equal(
      told.reduce((sum, count) => sum + count),
      10,
    );
  });

  test("a slice that fails is kept not at all", async () => {
    const database = await open();
    await fill(database, keyringOf("a"));
    const kept = await everything(database);
    const full = (): Uint8Array => {
      throw new RangeError("no more chance");
    };
    const seal = { keyring: keyringOf("b", "a"), nonce: full, organisationId: ORGANISATION };
    await assert.rejects(resealSecrets({ database, seal, now: () => NOW, newId }), /no more chance/);
    assert.deepEqual(await everything(database), kept);
  });

  test("what no key opens is named and stays; the others are sealed anew", async () => {
    const database = await open();
    await fill(database, keyringOf("c"), 2);
    await change(database, keyringOf("a", "c"), { integrations: [orders(3)] });
    const rotation = await rotate(database, keyringOf("b", "a"));
    assert.deepEqual([rotation.resealed, rotation.fingerprints, rotation.previousKeyUnused], [1, 1, true]);
    assert.deepEqual(
      rotation.unreadable.toSorted((a, b) => `${a.object}${a.revision}`.localeCompare(`${b.object}${b.revision}`)),
      [
        { object: "data_layer", field: "pii_rules.salt" },
        { object: "pip_shop", field: "token" },
        { object: "tmpl_leads", field: "auth_token", revision: 1 },
        { object: "tmpl_orders", field: "auth_token", revision: 1 },
        { object: "tmpl_orders", field: "auth_token", revision: 2 },
      ],
    );
    const again = await rotate(database, keyringOf("b", "a", "c"));
    assert.deepEqual([again.unreadable, again.resealed, again.already], [[], 5, 1]);
    assert.equal((await opened(database, keyringOf("b"))).length, 6);
  });
});
