import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { chown, stat } from "node:fs/promises";
import { type AddressInfo, type Socket, connect, createServer } from "node:net";
import { join } from "node:path";
import { after, afterEach, before, describe, test } from "node:test";
import { inspect, promisify } from "node:util";
import { sql } from "kysely";
import { type PostgresOptions, openPostgres } from "./postgres.ts";
import type { Database } from "./queries.ts";
import { StoreError, isAway } from "./store-error.ts";
import { type PostgresServer, startPostgres } from "./testing/postgres-server.ts";

let server: PostgresServer;
let opened: Database[] = [];
before(async () => (server = await startPostgres()));
afterEach(async () => {
  await Promise.all(opened.map((database) => database.close()));
  opened = [];
});
after(() => server.remove());

async function open(options: Partial<PostgresOptions> = {}): Promise<Database> {
  const database = await openPostgres({ url: server.url, ...options });
  opened.push(database);
  return database;
}

async function readNumber({ queries }: Pick<Database, "queries">): Promise<number> {
  return (await queries.selectFrom("configuration").select("number").executeTakeFirstOrThrow()).number;
}

function setNumber({ queries }: Pick<Database, "queries">, number: number): Promise<unknown> {
  return queries.updateTable("configuration").set({ number }).execute();
}

function endOtherConnections({ queries }: Database): Promise<unknown> {
  return sql`select pg_terminate_backend(pid) from pg_stat_activity
    where application_name = 'datafly-signal' and pid <> pg_backend_pid()`.execute(queries);
}

describe("a server that goes away", () => {
  test("stopped, it is away; started again, it has what it had", async () => {
    const database = await open();
    await setNumber(database, 3);
    await server.stop();
    await assert.rejects(readNumber(database), isAway);
    await assert.rejects(
      database.transaction((queries) => setNumber({ queries }, 4)),
      isAway,
    );
    await assert.rejects(open(), isAway);
    await server.start();
    assert.equal(await readNumber(database), 3);
  });

  test("killed in the midst of a transaction, nothing of that is kept", async () => {
    const database = await open();
    await setNumber(database, 5);
    const writing = database.transaction(async (queries) => {
      await setNumber({ queries }, 6);
      await server.kill();
      await setNumber({ queries }, 7);
    });
    await assert.rejects(writing, isAway);
    await server.start();
    assert.equal(await readNumber(database), 5);
    await database.transaction((queries) => setNumber({ queries }, 8));
    assert.equal(await readNumber(database), 8);
  });

  test("connections that it ends while they are idle are replaced without a word", async () => {
    const database = await open();
    const other = await open();
    await Promise.all(Array.from({ length: 5 }, () => sql`select pg_sleep(0.02)`.execute(database.queries)));
    await endOtherConnections(other);
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(typeof (await readNumber(database)), "number");
  });

  test("a connection that it ends between two queries of a transaction fails that transaction alone", async () => {
    const database = await open();
    const other = await open();
    await setNumber(database, 1);
    const writing = database.transaction(async (queries) => {
      await setNumber({ queries }, 2);
      await endOtherConnections(other);
      await new Promise((resolve) => setTimeout(resolve, 50));
    });
    await assert.rejects(writing, isAway);
    assert.equal(await readNumber(database), 1);
    await database.transaction((queries) => setNumber({ queries }, 3));
    assert.equal(await readNumber(database), 3);
  });

  test("a connection without an answer is given up in time, and the late answer reaches nobody", async (t) => {
    const proxy = await openProxy(server.port);
    t.after(() => proxy.close());
    const database = await open({ url: server.url.replace(`:${server.port}/`, `:${proxy.port}/`), statementMs: 1000 });
    await setNumber(database, 4);
    proxy.hold();
    await assert.rejects(sql`select 'late' as word`.execute(database.queries), isAway);
    assert.equal(await readNumber(database), 4);
    proxy.proceed();
    assert.equal(await readNumber(database), 4);
  });

  test("one that takes the connection and says nothing is away after the time to connect", async (t) => {
    const taken: Socket[] = [];
    const silent = createServer((socket) => void taken.push(socket)).listen(0, "127.0.0.1");
    t.after(() => {
      for (const socket of taken) socket.destroy();
      silent.close();
    });
    await once(silent, "listening");
    const { port } = silent.address() as AddressInfo;
    await assert.rejects(open({ url: `postgres://a:b@127.0.0.1:${port}/c`, connectMs: 100 }), isAway);
  });
});

describe("limits", () => {
  test("a query that takes too long is ended, and the next one is fine", async () => {
    const database = await open({ statementMs: 1000 });
    await assert.rejects(sql`select pg_sleep(10)`.execute(database.queries), isAway);
    assert.equal(typeof (await readNumber(database)), "number");
  });

  test("a transaction waits for others only so long", async () => {
    const [patient, hasty] = [await open(), await open({ statementMs: 1000 })];
    await setNumber(patient, 1);
    await patient.transaction(async (queries) => {
      await assert.rejects(
        hasty.transaction((queries) => setNumber({ queries }, 2)),
        isAway,
      );
      await setNumber({ queries }, 3);
    });
    assert.equal(await readNumber(hasty), 3);
    await hasty.transaction((queries) => setNumber({ queries }, 4));
    assert.equal(await readNumber(patient), 4);
  });

  test("it takes so many connections and no more, and says who it is", async () => {
    const database = await open({ size: 3 });
    const counts = await Promise.all(
      Array.from({ length: 12 }, async () => {
        const { rows } = await sql<{ count: number }>`select count(*) as count, pg_sleep(0.02)
          from pg_stat_activity where application_name = 'datafly-signal'`.execute(database.queries);
        return rows[0]?.count ?? 0;
      }),
    );
    assert.equal(Math.max(...counts), 3);
  });

  test("a transaction that nobody goes on with does not keep others from writing for ever", async () => {
    const { queries } = await open();
    const { rows } = await sql`show idle_in_transaction_session_timeout`.execute(queries);
    assert.deepEqual(rows, [{ idle_in_transaction_session_timeout: "1min" }]);
  });

  test("a stricter isolation as the server's default loses no writes", async () => {
    const database = await open();
    await sql`alter database postgres set default_transaction_isolation = 'repeatable read'`.execute(database.queries);
    const strict = await open();
    await setNumber(strict, 0);
    const add = (): Promise<unknown> =>
      strict.transaction(async (queries) => setNumber({ queries }, (await readNumber({ queries })) + 1));
    const other = (): Promise<unknown> =>
      database.transaction(async (queries) => setNumber({ queries }, (await readNumber({ queries })) + 1));
    await Promise.all(Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? add() : other())));
    assert.equal(await readNumber(strict), 40);
    await sql`alter database postgres reset default_transaction_isolation`.execute(database.queries);
  });
});

test("tables of the same names in another schema are none of its business", async () => {
  const database = await open();
  await sql`create schema other; create table other.kysely_migration (name text); create table other.pipelines (id text);
    insert into other.kysely_migration values ('999-theirs')`.execute(database.queries);
  assert.equal(typeof (await readNumber(await open())), "number");
  const url = `${server.url}?options=${encodeURIComponent("-c search_path=empty")}`;
  await assert.rejects(open({ url }), /no schema that exists.*Make the schema/);
  await sql`create schema empty`.execute(database.queries);
  const apart = await open({ url });
  await setNumber(apart, 77);
  assert.notEqual(await readNumber(database), 77);
});

describe("who is not let in", () => {
  const secret = "s3cret-pass/word";
  const encoded = encodeURIComponent(secret);
  const cases = [
    { name: "a wrong password", url: () => `postgres://signal:${encoded}@127.0.0.1:${server.port}/postgres` },
    { name: "an unknown user", url: () => `postgres://nobody:${encoded}@127.0.0.1:${server.port}/postgres` },
    { name: "an unknown database", url: () => server.url.replace(/postgres$/, "nowhere") },
    { name: "a server without TLS", url: () => `${server.url}?sslmode=require` },
    { name: "a URL of something else", url: () => `https://signal:${encoded}@127.0.0.1/` },
    { name: "a URL that is none", url: () => `postgres://signal:${secret}@[::bad:5432/x` },
    { name: "a port that is none", url: () => `postgres://signal:${encoded}@127.0.0.1:99999/x` },
    {
      name: "a certificate that is not there",
      url: () => `${server.url}?sslmode=verify-full&sslrootcert=/no/such.pem`,
    },
    { name: "nothing", url: () => "" },
  ];
  for (const { name, url } of cases) {
    test(`${name} is said, and what to do`, async () => {
      await assert.rejects(open({ url: url() }), (error) => {
        assert.ok(error instanceof StoreError, inspect(error));
        assert.equal(error.fault, "unusable", inspect(error));
        assertSilent(error, [secret, encoded, new URL(server.url).password]);
        return true;
      });
    });
  }

  for (const host of ["127.0.0.1:1", "no-such-host.invalid"]) {
    test(`nobody at ${host} is away, without the password`, async () => {
      await assert.rejects(open({ url: `postgres://signal:${encoded}@${host}/postgres` }), (error) => {
        assert.ok(isAway(error), inspect(error));
        assertSilent(error, [secret, encoded]);
        return true;
      });
    });
  }
});

function assertSilent(error: unknown, secrets: readonly string[]): void {
  const said = inspect(error, { depth: 10, showHidden: true }) + JSON.stringify(error) + String(error);
  for (const secret of secrets) assert.ok(!said.includes(secret), `the password is in: ${said}`);
}

describe("TLS", () => {
  let certificate: string;

  before(async () => {
    certificate = join(server.dataFolder, "server.crt");
    const key = join(server.dataFolder, "server.key");
    const subject = ["-subj", "/CN=database.example.com", "-addext", "subjectAltName=IP:127.0.0.1"];
    const flags = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", ...subject];
    await promisify(execFile)("openssl", [...flags, "-keyout", key, "-out", certificate]);
    const { uid, gid } = await stat(server.dataFolder);
    for (const file of [key, certificate]) await chown(file, uid, gid);
    const database = await open();
    await sql`alter system set ssl = on`.execute(database.queries);
    await server.stop();
    await server.start();
  });

  async function isEncrypted(url: string): Promise<boolean> {
    const { queries } = await open({ url });
    const { rows } = await sql<{ ssl: number }>`select ssl from pg_stat_ssl where pid = pg_backend_pid()`.execute(
      queries,
    );
    return rows[0]?.ssl === 1;
  }

  test("a certificate is checked, whatever the mode that asks for TLS is called", async () => {
    for (const mode of ["require", "verify-ca", "verify-full", "prefer"]) {
      await assert.rejects(open({ url: `${server.url}?sslmode=${mode}` }), /certificate.*sslmode/s);
      assert.equal(await isEncrypted(`${server.url}?sslmode=${mode}&sslrootcert=${certificate}`), true);
    }
  });

  test("so is the name in it", async () => {
    const url = server.url.replace("127.0.0.1", "localhost");
    await assert.rejects(open({ url: `${url}?sslmode=verify-full&sslrootcert=${certificate}` }), /does not match/);
  });

  test("no-verify only encrypts, and no mode does not even that", async () => {
    assert.equal(await isEncrypted(`${server.url}?sslmode=no-verify`), true);
    assert.equal(await isEncrypted(server.url), false);
  });
});

interface Proxy {
  port: number;
  /** From now on, and until `proceed`, nothing that the server answers comes through on connections made before. */
  hold(): void;
  proceed(): void;
  close(): Promise<void>;
}

async function openProxy(target: number): Promise<Proxy> {
  const sockets: { inside: Socket; outside: Socket }[] = [];
  const proxy = createServer((outside) => {
    const inside = connect(target, "127.0.0.1");
    outside.on("error", () => inside.destroy());
    inside.on("error", () => outside.destroy());
    outside.pipe(inside).pipe(outside);
    sockets.push({ inside, outside });
  }).listen(0, "127.0.0.1");
  await once(proxy, "listening");
  return {
    port: (proxy.address() as AddressInfo).port,
    hold: () => sockets.forEach(({ inside, outside }) => inside.unpipe(outside)),
    proceed: () => sockets.forEach(({ inside, outside }) => inside.pipe(outside)),
    async close() {
      for (const { inside, outside } of sockets) {
        inside.destroy();
        outside.destroy();
      }
      proxy.close();
      await once(proxy, "close");
    },
  };
}
