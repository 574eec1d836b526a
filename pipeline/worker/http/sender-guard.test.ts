import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer as createTlsServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it, type TestContext } from "node:test";
import { createSender } from "./sender.ts";
import { answered, failed, GUARDED, listen, OPEN, post, sender, serve, serveRaw } from "./test-servers.ts";

describe("sender: the guard", () => {
  it("refuses literal addresses in every spelling, before a connection is made", async (context) => {
    let connections = 0;
    const origin = await serveRaw(context, () => (connections += 1));
    const port = new URL(origin).port;
    const one = sender(context);
    const hosts = [
      "127.0.0.1",
      "2130706433",
      "0x7f000001",
      "0x7f.1",
      "0177.0.0.1",
      "127.1",
      "[::1]",
      "[::ffff:127.0.0.1]",
    ];
    for (const host of [...hosts, "0.0.0.0", "0", "localhost", "127.0.0.1."]) {
      const result = await one.send(post(`http://${host}:${port}/`), GUARDED);
      assert.equal(failed(result), "blocked_address", host);
    }
    assert.equal(failed(await one.send(post("http://169.254.169.254/latest/meta-data"), GUARDED)), "blocked_address");
    assert.equal(failed(await one.send(post("https://10.0.0.1/"), GUARDED)), "blocked_address");
    assert.equal(connections, 0);
  });

  it("asks the resolver once a connection and connects to what it answered: rebinding gains nothing", async (context) => {
    let connections = 0;
    const origin = await serveRaw(context, () => (connections += 1));
    const answers = ["192.0.2.1", "10.0.0.1", "127.0.0.1"];
    let asked = 0;
    const one = sender(context, {
      resolve: (_hostname, done) => done(null, [{ address: answers[asked++] ?? "127.0.0.1", family: 4 }]),
    });
    for (let index = 1; index <= 5; index += 1) {
      const result = await one.send(post(`http://rebind.example.com:${new URL(origin).port}/`), GUARDED);
      assert.equal(failed(result), "blocked_address");
      assert.equal(asked, index);
    }
    assert.equal(connections, 0);
  });

  it("never lets a guarded request use a connection that an unguarded one opened", async (context) => {
    const origin = await serve(context, (request, response) => request.resume().on("end", () => response.end()));
    const one = sender(context);
    answered(await one.send(post(origin), OPEN));
    assert.equal(failed(await one.send(post(origin), GUARDED)), "blocked_address");
  });

  it("lets guarded requests through with the operator's switch", async (context) => {
    const origin = await serve(context, (request, response) => request.resume().on("end", () => response.end()));
    answered(await sender(context, { allowPrivateAddresses: true }).send(post(origin), GUARDED));
  });
});

describe("sender: TLS", () => {
  let folder = "";
  let key = "";
  let cert = "";
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "signal-tls-"));
    execFileSync(
      "openssl",
      [
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=localhost",
        "-addext",
        "subjectAltName=DNS:localhost",
        "-keyout",
        join(folder, "key.pem"),
        "-out",
        join(folder, "cert.pem"),
      ],
      { stdio: "ignore" },
    );
    key = readFileSync(join(folder, "key.pem"), "utf8");
    cert = readFileSync(join(folder, "cert.pem"), "utf8");
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  async function serveTls(context: TestContext): Promise<number> {
    return listen(
      context,
      createTlsServer({ key, cert }, (request, response) => {
        request.resume().on("end", () => response.end("over TLS"));
      }),
    );
  }

  it("refuses a self-signed certificate", async (context) => {
    const port = await serveTls(context);
    const result = await sender(context).send(post(`https://localhost:${port}/`), OPEN);
    assert.equal(failed(result), "tls");
  });

  it("talks to a server whose certificate it was told to trust, and to no other name", async (context) => {
    const port = await serveTls(context);
    const one = sender(context, { ca: cert });
    assert.equal(answered(await one.send(post(`https://localhost:${port}/`), OPEN)).body, "over TLS");
    assert.equal(failed(await one.send(post(`https://127.0.0.1:${port}/`), OPEN)), "tls");
  });

  it("calls a server that speaks no TLS a network failure", async (context) => {
    const origin = await serve(context, (_request, response) => response.end());
    const result = await sender(context).send(post(origin.replace("http:", "https:")), OPEN);
    assert.equal(failed(result), "network");
  });
});

describe("sender: closing", () => {
  it("ends what is under way and refuses what comes later", async (context) => {
    const origin = await serveRaw(context, () => {});
    const one = createSender({ allowPrivateAddresses: true });
    const underWay = [one.send(post(origin), OPEN), one.send(post(origin), GUARDED)];
    await new Promise((resolve) => setImmediate(resolve));
    await one.close();
    assert.deepEqual((await Promise.all(underWay)).map(failed), ["network", "network"]);
    assert.equal(failed(await one.send(post(origin), OPEN)), "network");
    await one.close();
  });
});
