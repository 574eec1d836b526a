import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { test } from "node:test";
import { portFaults } from "./listen-failure.ts";

const HOST = "127.0.0.1";

async function taken(): Promise<{ server: Server; port: number }> {
  const server = createServer().listen(0, HOST);
  await once(server, "listening");
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  return { server, port: address.port };
}

test("all taken ports are named at once, each with its own cure", async () => {
  const [one, two] = [await taken(), await taken()];
  try {
    assert.deepEqual(await portFaults({ host: HOST, gatewayPort: one.port, managementPort: two.port }), [
      `${HOST}:${one.port} is taken by another program. Set GATEWAY_PORT to another; port 0 takes any free one.`,
      `${HOST}:${two.port} is taken by another program. Set MANAGEMENT_PORT to another; port 0 takes any free one.`,
    ]);
    const [only, ...more] = await portFaults({ host: HOST, gatewayPort: 0, managementPort: two.port });
    assert.match(only ?? "", /MANAGEMENT_PORT/);
    assert.equal(more.length, 0);
  } finally {
    one.server.close();
    two.server.close();
  }
});

test("ports that are free, or are to be any, and a wrong host are no fault of a port", async () => {
  const { server, port } = await taken();
  await new Promise((resolve) => server.close(resolve));
  assert.deepEqual(await portFaults({ host: HOST, gatewayPort: port, managementPort: 0 }), []);
  assert.deepEqual(await portFaults({ host: "nowhere.invalid", gatewayPort: port, managementPort: 0 }), []);
});
