import assert from "node:assert/strict";
import { createServer as createSocketServer, type Socket } from "node:net";
import { describe, it } from "node:test";
import { answered, failed, listen, OPEN, post, readAll, sender, serve, serveRaw } from "./test-servers.ts";

describe("sender: what goes out and comes back", () => {
  it("sends method, path, headers and bytes as given and adds nothing that was not asked for", async (context) => {
    const seen: { method: string | undefined; url: string | undefined; headers: object; body: string }[] = [];
    const origin = await serve(context, async (request, response) => {
      seen.push({ method: request.method, url: request.url, headers: request.headers, body: await readAll(request) });
      response
        .writeHead(
          202,
          [
            ["X-Many", "a"],
            ["X-Many", "b"],
            ["X-One", "c"],
          ].flat(),
        )
        .end("tak ✓");
    });
    const result = answered(
      await sender(context).send(post(`${origin}/in?key=1#part`, { method: "PUT", body: '{"ø":1}' }), OPEN),
    );
    assert.equal(result.status, 202);
    assert.equal(result.body, "tak ✓");
    assert.equal(result.headers["x-many"], "a, b");
    assert.equal(result.headers["x-one"], "c");
    const [first] = seen;
    assert.ok(first);
    assert.deepEqual(
      { ...first.headers, host: "" },
      { host: "", "content-type": "application/json", "content-length": "8", connection: "keep-alive" },
    );
    assert.deepEqual([first.method, first.url, first.body], ["PUT", "/in?key=1", '{"ø":1}']);
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

  it("ends informational answers without end, long before its time is up", async (context) => {
    const hints = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n".repeat(1_000);
    const origin = await serveRaw(context, (socket: Socket) => {
      const more = (): void => void (socket.writable && socket.write(hints, more));
      socket.once("data", more);
    });
    const result = await sender(context).send(post(origin), { timeoutMs: 600_000, guarded: false });
    assert.equal(failed(result), "network");
    assert.match(result.kind === "failed" ? result.detail : "", /more than 100 informational answers/);
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
        socket.once("data", () =>
          socket.write(`HTTP/1.1 200 OK\r\n${"X-Fill: aaaaaaaaaaaaaaaaaaaaaaaaaa\r\n".repeat(4000)}`),
        ),
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
    for (const url of [
      "",
      "shop.example.com",
      "ftp://shop.example.com/",
      "file:///etc/passwd",
      "http://u:p@127.0.0.1/",
    ]) {
      assert.equal(failed(await one.send(post(url), OPEN)), "blocked_address", url);
    }
  });

  it("says nothing of path, headers or body in its words", async (context) => {
    const origin = await serveRaw(context, (socket) => socket.once("data", () => socket.end("secret-answer\r\n\r\n")));
    const request = post(`${origin}/secret-path`, { headers: { "X-Token": "secret-header" }, body: "secret-body" });
    assert.doesNotMatch(JSON.stringify(await sender(context).send(request, OPEN)), /secret/);
  });
});
