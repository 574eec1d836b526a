/** A data folder of format 2, which kept its configuration beside the events: revisions, secrets and what waits go on in the database. */
import assert from "node:assert/strict";
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { gunzipSync } from "node:zlib";
import { type Received, type Receiver, startReceiver } from "../harness/receiver.ts";
import { ADMINISTRATOR_ENV, done, signedIn } from "../harness/signed-in.ts";
import { type SignalServer, startSignal, workFolder } from "../harness/signal-server.ts";
import { until } from "../harness/until.ts";
import { cleaning, LATE_MS, sent } from "./control-rig.ts";

const FIXTURE = new URL("format-2/", import.meta.url).pathname;
const SHOP = { key: "dk_test_0123456789abcdef", ids: names("shop", 30) };
const BLOG = { key: "dk_test_fedcba9876543210", ids: names("blog", 20) };
const SECRETS = {
  RECEIVER_TOKEN: "planted-token-of-format-2",
  SHOP_TOKEN: "planted-parameter-of-format-2",
  SALT: "planted-salt-of-format-2",
};

function names(pipeline: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `format-2-${pipeline}-${index}`);
}

interface Old {
  folder: string;
  vendor: Receiver;
  /** The file's variables, where it needs them. */
  start(variables?: Record<string, string>): Promise<SignalServer>;
}

async function oldFolder(t: TestContext): Promise<Old> {
  const { clean, close } = cleaning();
  t.after(close);
  const { folder, remove } = await workFolder();
  clean(remove);
  const vendor = await startReceiver();
  clean(vendor.close);
  for (const name of ["work", "ingest"]) {
    await mkdir(join(folder, "data", name), { recursive: true });
    const packed = await readFile(join(FIXTURE, `${name}.mdb.gz`));
    await writeFile(join(folder, "data", name, "data.mdb"), gunzipSync(packed));
  }
  for (const name of ["format.json", "encryption.key"]) await copyFile(join(FIXTURE, name), join(folder, "data", name));
  const yaml = await readFile(join(FIXTURE, "signal.yaml"), "utf8");
  await writeFile(join(folder, "signal.yaml"), yaml.replaceAll("http://127.0.0.1:9", vendor.url));
  return {
    folder,
    vendor,
    async start(variables = SECRETS) {
      const server = await startSignal({ folder, env: { ...ADMINISTRATOR_ENV, ...variables } });
      clean(() => server.stop());
      return server;
    },
  };
}

function idOf({ body }: Received): string {
  const { id, messageId } = JSON.parse(body) as { id?: string; messageId?: string };
  return id ?? messageId ?? "";
}

/** @param latestToken what the latest revision of Orders is sent with; `killed`: what was on its way then comes once more */
async function allDelivered(
  { vendor }: Old,
  server: SignalServer,
  { latestToken = SECRETS.RECEIVER_TOKEN, killed = false }: { latestToken?: string; killed?: boolean } = {},
): Promise<void> {
  const wanted: [path: string, ids: string[], token: string][] = [
    ["/orders-3", SHOP.ids, latestToken],
    ["/stock", SHOP.ids, SECRETS.SHOP_TOKEN],
    ["/orders-1", BLOG.ids, SECRETS.RECEIVER_TOKEN],
  ];
  const at = (path: string): Received[] => vendor.requests.filter((request) => request.path === path);
  const missing = (): string[] =>
    wanted.flatMap(([path, ids]) => {
      const there = new Set(at(path).map(idOf));
      return ids.filter((id) => !there.has(id)).map((id) => `${path} ${id}`);
    });
  await until(
    2 * LATE_MS,
    () => missing().length === 0,
    () => `${missing().length} more, as ${missing()[0]}\n${server.output().slice(-3000)}`,
  );
  for (const [path, ids, token] of wanted) {
    assert.deepEqual([...new Set(at(path).map(({ headers }) => headers.authorization))], [`Bearer ${token}`], path);
    const waited = at(path)
      .map(idOf)
      .filter((id) => id.startsWith("format-2"));
    assert.deepEqual((killed ? [...new Set(waited)] : waited).toSorted(), ids.toSorted(), path);
  }
  const mapped = at("/orders-1").map(
    ({ body }) => (JSON.parse(body) as { mapped_by_revision: number }).mapped_by_revision,
  );
  assert.deepEqual([...new Set(mapped)], [1], "by the revision that is pinned");
}

async function formatOf(folder: string): Promise<number> {
  return (JSON.parse(await readFile(join(folder, "data", "format.json"), "utf8")) as { format: number }).format;
}

test("what waited in a folder of format 2 is delivered, and its revisions go on counting", async (t) => {
  const old = await oldFolder(t);
  assert.equal(await formatOf(old.folder), 2);
  const server = await old.start();
  await allDelivered(old, server);
  assert.match(server.output(), /is of format 2 and is upgraded to 3\. .*to go back, restore a backup/);
  assert.match(server.output(), /Format 3: the configuration is kept in a database/);
  assert.equal(await formatOf(old.folder), 3);
  const { client } = await signedIn(server);
  const { data } = await done(client.listIntegrations());
  assert.deepEqual(
    data.map(({ name, latest_revision, managed_by }) => ({ name, latest_revision, managed_by })),
    [
      { name: "Orders", latest_revision: 3, managed_by: "file" },
      { name: "Stock", latest_revision: 1, managed_by: "file" },
    ],
  );
  const orders = data[0]?.id ?? "";
  const numbers = (await done(client.listRevisions({ params: { id: orders } }))).data.map((one) => one.revision_number);
  assert.deepEqual(numbers, [3, 2, 1]);
  const first = await done(client.getRevision({ params: { id: orders, n: 1 } }));
  assert.deepEqual(first.config["auth_token"], { set: true });
  const { data: pipelines } = await done(client.listPipelines());
  assert.deepEqual(pipelines.find(({ name }) => name === "Shop")?.parameters["shop_token"], { set: true });
  const layer = await done(client.getDataLayer());
  assert.deepEqual(layer.config.pii_rules?.salt, { set: true });

  await sent({ ...old, server }, SHOP.key, { messageId: "after-the-upgrade" });
  const file = join(old.folder, "signal.yaml");
  await writeFile(file, (await readFile(file, "utf8")).replace("/orders-3", "/orders-4"));
  await until(
    LATE_MS,
    async () => (await done(client.getIntegration({ params: { id: orders } }))).latest_revision === 4,
  );
  assert.equal(await server.stop(), 0);
  const again = await old.start();
  assert.doesNotMatch(again.output(), /upgraded|configuration applied/);
});

test("killed as the first start makes the database, the next goes on; secrets sealed in format 2 still open", async (t) => {
  const old = await oldFolder(t);
  await (await old.start({ ...SECRETS, RECEIVER_TOKEN: "another-token" })).kill();
  const server = await old.start({ ...SECRETS, RECEIVER_TOKEN: "another-token" });
  // The file now makes a fourth revision; what is pinned to the first has its secret from the old folder alone.
  await allDelivered(old, server, { latestToken: "another-token", killed: true });
  const { client } = await signedIn(server);
  const { data } = await done(client.listIntegrations());
  assert.deepEqual(
    data.map(({ latest_revision }) => latest_revision),
    [4, 1],
  );
});
