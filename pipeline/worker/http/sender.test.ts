import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { createServer as createSocketServer, type AddressInfo, type Server as SocketServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it, type TestContext } from "node:test";
import type { VendorRequest } from "@datafly-signal/core";
import { createSender, type Sender, type SenderOptions, type SendResult } from "./sender.ts";

const OPEN = { timeoutMs: 5_000, guarded: false };
const GUARDED = { timeoutMs: 5_000, guarded: true };

function post(url: string, extra: Partial<VendorRequest> = {}): VendorRequest {
  return { method: "POST", url, headers: { "Content-Type": "application/json" }, body: '{"a":1}', covers: [0], ...extra };
}

function sender(context: TestContext, options: Partial<SenderOptions> = {}): Sender {
  const made = createSender({ allowPrivateAddresses: false, ...options });
  context.after(() => made.close());
  return made;
}

async function listen(context: TestContext, server: Server | SocketServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  context.after(() => {
    if ("closeAllConnections" in server) server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

async function serve(context: TestContext, answer: RequestListener): Promise<string> {
  return `http://127.0.0.1:${await listen(context, createServer(answer))}`;
}

/** A server that does with the raw connection what it likes. */
async function serveRaw(context: TestContext, take: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createSocketServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    take(socket);
  });
  context.after(() => sockets.forEach((socket) => socket.destroy()));
  return `http://127.0.0.1:${await listen(context, server)}`;
}

async function readAll(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function failed(result: SendResult): string {
  assert.equal(result.kind, "failed", JSON.stringify(result));
  return result.kind === "failed" ? result.reason : "";
}

function answered(result: SendResult): { status: number; headers: Record<string, string>; body: string } {
  assert.equal(result.kind, "response", JSON.stringify(result));
  return result.kind === "response" ? result.response : { status: 0, headers: {}, body: "" };
}

describe("sender: what goes out and comes back", () => {
  it("sends method, path, headers and bytes as given and adds nothing that was not asked for", async (context) => {
    const seen: { method: string | undefined; url: string | undefined; headers: object; body: string }[] = [];
    const origin = await serve(context, async (request, response) => {
      seen.push({ method: request.method, url: request.url, headers: request.headers, body: await readAll(request) });
      response.writeHead(202, [["X-Many", "a"], ["X-Many", "b"], ["X-One", "c"]].flat()).end("tak ✓");
    });
    const result = answered(
      await sender(context).send(post(`${origin}/in?key=1#part`, { method: "PUT", body: '{"ø":1}' }), OPEN),
    );
    assert.equal(result.status, 202);
    assert.equal(result.body, "tak ✓");
    assert.equal(result.headers["x-many"], "a, b");
    assert.equal(result.headers["x-one"], "c");
    const { host: _host, ...headers } = seen[0]?.headers as Record<string, string>;
    assert.deepEqual(headers, { "content-type": "application/json", "content-length": "8", connection: "keep-alive" });
    assert.deepEqual([seen[0]?.method, seen[0]?.url, seen[0]?.body], ["PUT", "/in?key=1", '{"ø":1}']);
  });

  it("sends bytes, and no body", async (context) => {
    const bodies: string[] = [];
    const origin = await serve(context, async (request, response) => {
      bodies.push(await readAll(request));
      response.end();
    });
    const one = sender(context);
    await one.send(post(origin, { body: new TextEncoder().encode("bytes") }), OPEN);
    answered(await one.send(post(origin, { method: "GET", body: null }), OPEN));
    assert.deepEqual(bodies, ["bytes", ""]);
  });

  it("reuses connections", async (context) => {
    const ports = new Set<number | undefined>();
    const origin = await serve(context, (request, response) => {
      ports.add(request.socket.remotePort);
      request.resume().on("end", () => response.end("ok"));
    });
    const one = sender(context);
    for (let index = 0; index < 20; index += 1) answered(await one.send(post(origin), OPEN));
    // An answer is handed over a moment before its connection counts as free: the second request may open another.
    assert.ok(ports.size <= 2, `${ports.size} connections`);
  });

  it("binds the connections to one origin and finishes what queued", async (context) => {
    let open = 0;
    let most = 0;
    const origin = await serve(context, (request, response) => {
      most = Math.max(most, (open += 1));
      setTimeout(() => {
        open -= 1;
        request.resume();
        response.end();
      }, 5);
    });
    const one = sender(context, { connectionsPerOrigin: 3 });
    const results = await Promise.all(Array.from({ length: 30 }, () => one.send(post(origin), OPEN)));
    assert.ok(results.every(({ kind }) => kind === "response"));
    assert.equal(most, 3);
  });

  it("follows no redirect", async (context) => {
    let requests = 0;
    const origin = await serve(context, (_request, response) => {
      requests += 1;
      response.writeHead(302, { Location: `${origin}/elsewhere` }).end();
    });
    assert.equal(answered(await sender(context).send(post(origin), OPEN)).status, 302);
    assert.equal(requests, 1);
  });

  it("passes over informational answers", async (context) => {
    const origin = await serveRaw(context, (socket) => {
      socket.once("data", () => {
        socket.write("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
      });
    });
    assert.deepEqual(answered(await sender(context).send(post(origin), OPEN)).status, 200);
  });

  it("keeps 64 KiB of a body and the connection", async (context) => {
    const ports = new Set<number | undefined>();
    const origin = await serve(context, (request, response) => {
      ports.add(request.socket.remotePort);
      request.resume().on("end", () => response.end("x".repeat(300_000)));
    });
    const one = sender(context);
    const first = answered(await one.send(post(origin), OPEN));
    assert.equal(first.body.length, 65_536);
    // The rest of the first answer is still being read; the next request waits for it or takes another connection.
    assert.equal(answered(await one.send(post(origin), OPEN)).status, 200);
    assert.ok(ports.size <= 2);
  });

  it("gives a connection up rather than read 100 MB", async (context) => {
    let written = 0;
    let closed: (() => void) | undefined;
    const gone = new Promise<void>((resolve) => (closed = resolve));
    const chunk = Buffer.alloc(65_536, "x");
    const origin = await serveRaw(context, (socket) => {
      socket.once("close", () => closed?.());
      socket.once("data", () => {
        socket.write("HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n");
        const pump = (): void => {
          while (!socket.destroyed && written < 104_857_600) {
            written += chunk.length;
            if (!socket.write(chunk)) return void socket.once("drain", pump);
          }
        };
        pump();
      });
    });
    const result = answered(await sender(context).send(post(origin), OPEN));
    assert.equal(result.body.length, 65_536);
    await gone;
    assert.ok(written < 50_000_000, `${written} bytes were written`);
  });
});

describe("sender: time", () => {
  const cases: readonly (readonly [string, (socket: Socket) => void])[] = [
    ["never answers", (socket) => socket.resume()],
    ["stops inside the headers", (socket) => socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\nContent-"))],
    [
      "stops inside the body",
      (socket) => socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")),
    ],
    [
      "drips the body byte by byte",
      (socket) =>
        socket.once("data", () => {
          socket.write("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
          const drip = setInterval(() => socket.write("x"), 10);
          socket.on("close", () => clearInterval(drip));
        }),
    ],
    [
      "drips the headers",
      (socket) =>
        socket.once("data", () => {
          socket.write("HTTP/1.1 200 OK\r\nX-Slow: ");
          const drip = setInterval(() => socket.write("x"), 10);
          socket.on("close", () => clearInterval(drip));
        }),
    ],
  ];
  for (const [name, take] of cases) {
    it(`ends a request to a server that ${name}, and the connection with it`, async (context) => {
      let closed: (() => void) | undefined;
      const gone = new Promise<void>((resolve) => (closed = resolve));
      const origin = await serveRaw(context, (socket) => {
        socket.on("close", () => closed?.());
        socket.on("end", () => socket.end());
        take(socket);
      });
      const result = await sender(context).send(post(origin), { timeoutMs: 150, guarded: false });
      assert.equal(failed(result), "timeout");
      await gone;
    });
  }

  it("counts waiting for a connection, and never sends what timed out there", async (context) => {
    const paths: (string | undefined)[] = [];
    const origin = await serve(context, (request, response) => {
      paths.push(request.url);
      setTimeout(() => response.end(), 200);
      request.resume();
    });
    const one = sender(context, { connectionsPerOrigin: 1 });
    const first = one.send(post(`${origin}/first`), OPEN);
    const second = await one.send(post(`${origin}/second`), { timeoutMs: 50, guarded: false });
    assert.equal(failed(second), "timeout");
    answered(await first);
    answered(await one.send(post(`${origin}/third`), OPEN));
    assert.deepEqual(paths, ["/first", "/third"]);
  });
});

describe("sender: broken servers", () => {
  const cases: readonly (readonly [string, (socket: Socket) => void])[] = [
    ["closes at once", (socket) => socket.end()],
    ["resets", (socket) => socket.resetAndDestroy()],
    ["closes after the request", (socket) => socket.once("data", () => socket.end())],
    ["resets after the request", (socket) => socket.once("data", () => socket.resetAndDestroy())],
    ["closes inside the headers", (socket) => socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\nConte"))],
    [
      "closes inside the body",
      (socket) => socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")),
    ],
    [
      "resets inside a chunked body",
      (socket) =>
        socket.once("data", () => {
          socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab");
          setTimeout(() => socket.resetAndDestroy(), 20);
        }),
    ],
    ["answers garbage", (socket) => socket.once("data", () => socket.end("SSH-2.0-OpenSSH_9.6\r\n"))],
    ["answers binary garbage", (socket) => socket.once("data", () => socket.end(Buffer.alloc(300, 0xff)))],
    [
      "answers two contents of different length",
      (socket) =>
        socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 5\r\n\r\nabcde")),
    ],
    [
      "answers headers without end",
      (socket) =>
        socket.once("data", () => socket.write(`HTTP/1.1 200 OK\r\n${"X-Fill: aaaaaaaaaaaaaaaaaaaaaaaaaa\r\n".repeat(4000)}`)),
    ],
  ];
  for (const [name, take] of cases) {
    it(`calls a server that ${name} a network failure and goes on`, async (context) => {
      const broken = await serveRaw(context, take);
      const whole = await serve(context, (request, response) => request.resume().on("end", () => response.end("ok")));
      const one = sender(context);
      const results = await Promise.all([one.send(post(broken), OPEN), one.send(post(broken), OPEN)]);
      assert.deepEqual(results.map(failed), ["network", "network"]);
      assert.equal(answered(await one.send(post(whole), OPEN)).body, "ok");
    });
  }

  it("calls a refused connection, an unknown name and a bad header network failures", async (context) => {
    const one = sender(context);
    const free = createSocketServer();
    const port = await listen(context, free);
    await new Promise((resolve) => free.close(resolve));
    assert.equal(failed(await one.send(post(`http://127.0.0.1:${port}/`), OPEN)), "network");
    assert.equal(failed(await one.send(post("http://nowhere.invalid/"), OPEN)), "network");
    const origin = await serve(context, (_request, response) => response.end());
    assert.equal(failed(await one.send(post(origin, { headers: { "X-A": "a\r\nX-B: b" } }), OPEN)), "network");
  });

  it("refuses what is no http URL", async (context) => {
    const one = sender(context);
    for (const url of ["", "shop.example.com", "ftp://shop.example.com/", "file:///etc/passwd", "http://u:p@127.0.0.1/"]) {
      assert.equal(failed(await one.send(post(url), OPEN)), "blocked_address", url);
    }
  });

  it("says nothing of path, headers or body in its words", async (context) => {
    const origin = await serveRaw(context, (socket) => socket.once("data", () => socket.end("secret-answer\r\n\r\n")));
    const request = post(`${origin}/secret-path`, { headers: { "X-Token": "secret-header" }, body: "secret-body" });
    assert.doesNotMatch(JSON.stringify(await sender(context).send(request, OPEN)), /secret/);
  });
});

describe("sender: the guard", () => {
  it("refuses literal addresses in every spelling, before a connection is made", async (context) => {
    let connections = 0;
    const origin = await serveRaw(context, () => (connections += 1));
    const port = new URL(origin).port;
    const one = sender(context);
    const hosts = ["127.0.0.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.1", "[::1]", "[::ffff:127.0.0.1]"];
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

  it("lets guarded requests through with the operator's switch, and to exempt origins", async (context) => {
    const origin = await serve(context, (request, response) => request.resume().on("end", () => response.end()));
    answered(await sender(context, { allowPrivateAddresses: true }).send(post(origin), GUARDED));
    const exempted = sender(context, { exempt: [`${origin}/`] });
    answered(await exempted.send(post(`${origin}/in`), GUARDED));
    assert.equal(failed(await exempted.send(post("http://127.0.0.1:1/"), GUARDED)), "blocked_address");
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
        ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"],
        ...["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
        ...["-keyout", join(folder, "key.pem"), "-out", join(folder, "cert.pem")],
      ],
      { stdio: "ignore" },
    );
    key = readFileSync(join(folder, "key.pem"), "utf8");
    cert = readFileSync(join(folder, "cert.pem"), "utf8");
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  async function serveTls(context: TestContext): Promise<number> {
    return listen(context, createTlsServer({ key, cert }, (request, response) => {
      request.resume().on("end", () => response.end("over TLS"));
    }));
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
