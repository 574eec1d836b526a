import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { Client } from "pg";
import { type PostgresServer, startPostgres } from "./postgres-server.ts";

let server: PostgresServer;
before(async () => (server = await startPostgres({ settings: { max_connections: "20" } })));
after(() => server.remove());

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test("it asks for its password and takes further settings", async () => {
  assert.deepEqual(await query(server.url, "show max_connections"), [{ max_connections: "20" }]);
  const wrong = new URL(server.url);
  wrong.password = "wrong";
  await assert.rejects(query(wrong.href, "select 1"), /password authentication failed/);
});

for (const end of ["stop", "kill"] as const) {
  test(`after ${end} nobody answers; after start it is there again, with what it had, on the same port`, async () => {
    const { pid, port, url } = server;
    await query(url, `create table ${end}_kept as select 7 as number`);
    await server[end]();
    assert.equal(isRunning(pid), false);
    await assert.rejects(query(url, "select 1"), /ECONNREFUSED|ECONNRESET/);
    await server.start();
    assert.equal(server.port, port);
    assert.notEqual(server.pid, pid);
    assert.deepEqual(await query(url, `select * from ${end}_kept`), [{ number: 7 }]);
  });
}

test("removed, nothing is left of it", async () => {
  const other = await startPostgres();
  await other.remove();
  assert.equal(isRunning(other.pid), false);
  assert.equal(existsSync(dirname(other.dataFolder)), false);
  await other.remove();
});

test("it ends with the process that started it, also when that is killed", async () => {
  const module = new URL("postgres-server.ts", import.meta.url).href;
  const script = `const { startPostgres } = await import(${JSON.stringify(module)});
    const { url, dataFolder } = await startPostgres();
    console.log(JSON.stringify({ url, dataFolder }));
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  const { url, dataFolder } = JSON.parse(line.toString()) as { url: string; dataFolder: string };
  await query(url, "select 1");
  child.kill("SIGKILL");
  await once(child, "exit");
  for (const end = Date.now() + 30_000; Date.now() < end && existsSync(dirname(dataFolder));) await wait(20);
  assert.equal(existsSync(dirname(dataFolder)), false);
  await assert.rejects(query(url, "select 1"), /ECONNREFUSED/);
});
