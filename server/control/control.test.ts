import assert from "node:assert/strict";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { callServer, CommandRefusedError, NoServerError, streamFromServer } from "./control-client.ts";
import { ControlError, startControlServer } from "./control-server.ts";
import { controlSocketPath } from "./socket-path.ts";

let root = "";
let path = "";
let server: { close(): Promise<void> };
const errors: string[] = [];
let endlessStopped = (): void => {};
const silent = {
  debug() {},
  info() {},
  warn() {},
  error: (_fields: object, message: string) => errors.push(message),
};

before(async () => {
  root = mkdtempSync(join(tmpdir(), "signal-control-"));
  path = controlSocketPath(root);
  server = await startControlServer({
    path,
    logger: silent,
    methods: {
      echo: async (args) => args,
      nothing: async () => undefined,
      refuse: () => Promise.reject(new ControlError("not_found", "There is no such thing.")),
      crash: () => Promise.reject(new TypeError("oops")),
      async *many(args) {
        for (let index = 0; index < Number(args["count"]); index += 1) yield { index, fill: "x".repeat(1000) };
      },
      async *endless() {
        try {
          for (;;) yield "more";
        } finally {
          endlessStopped();
        }
      },
      async *breaks() {
        yield 1;
        throw new TypeError("in the middle");
      },
    },
  });
});

after(async () => {
  await server.close();
  rmSync(root, { recursive: true, force: true });
});

test("arguments go and values come back", async () => {
  assert.deepEqual(await callServer(path, "echo", { a: [1, "ü"] }), { a: [1, "ü"] });
  assert.equal(await callServer(path, "nothing"), null);
});

test("the socket is for its owner alone", () => {
  assert.equal(statSync(path).mode & 0o777, 0o600);
});

test("refusals keep their words, crashes are logged", async () => {
  await assert.rejects(callServer(path, "refuse"), new CommandRefusedError("There is no such thing.", "not_found"));
  await assert.rejects(callServer(path, "crash"), /failed to answer: TypeError: oops/);
  await assert.rejects(callServer(path, "toString"), /does not know the command toString/);
  assert.deepEqual(errors, ["a command failed"]);
});

test("streams come whole, and a broken one is noticed", async () => {
  const values = [];
  for await (const value of streamFromServer(path, "many", { count: 5000 })) values.push(value);
  assert.equal(values.length, 5000);
  await assert.rejects(async () => {
    for await (const value of streamFromServer(path, "breaks")) assert.equal(value, 1);
  });
});

test("a server that goes away under a command is told in words", async () => {
  const gone = join(root, "going.sock");
  const answers = [
    (socket: Socket) => socket.destroy(),
    (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"a":'),
    (socket: Socket) => socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 100\r\n\r\n{"a":'),
  ];
  for (const answer of answers) {
    const going = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.once("data", () => answer(socket));
    });
    await new Promise<void>((resolve) => going.listen(gone, resolve));
    await assert.rejects(callServer(gone, "status"), (error) => {
      assert.ok(error instanceof CommandRefusedError);
      assert.equal(error.code, "broken_off");
      return true;
    });
    await new Promise((resolve) => going.close(resolve));
  }
});

test("no server is told apart from a refusing one", async () => {
  await assert.rejects(callServer(join(root, "other.sock"), "echo"), NoServerError);
});

test("a path too long for a socket moves to a folder that every shell finds", () => {
  const long = join(root, "x".repeat(120));
  assert.ok(Buffer.byteLength(controlSocketPath(long)) <= 103);
  assert.match(controlSocketPath(long), /^\/tmp\/datafly-signal-[0-9a-f]{16}\/control\.sock$/);
  assert.equal(controlSocketPath(long), controlSocketPath(long));
  assert.notEqual(controlSocketPath(long), controlSocketPath(`${long}y`));
});

test("the mask of the process is as before, and the socket is born private", async () => {
  const before = process.umask(0o000);
  const socket = join(root, "masked.sock");
  const born: number[] = [];
  const listening = startControlServer({ path: socket, methods: {}, logger: silent });
  if (existsSync(socket)) born.push(statSync(socket).mode & 0o077);
  const other = await listening;
  const after = process.umask(before);
  await other.close();
  assert.deepEqual([born, after], [[0], 0]);
});

test("a folder under /tmp that is not this user's alone is refused", async (context) => {
  const socket = controlSocketPath(join(root, "x".repeat(120)));
  const folder = dirname(socket);
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const start = () => startControlServer({ path: socket, methods: {}, logger: silent });
  const refused = { name: "ControlError", message: /not private to this user .* Remove it, or set SIGNAL_DATA_DIR/ };

  await (await start()).close();
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  chmodSync(folder, 0o755);
  await assert.rejects(start(), refused);
  chmodSync(folder, 0o700);
  if (process.getuid?.() === 0) {
    chownSync(folder, 65_534, 65_534);
    await assert.rejects(start(), refused);
  }
  rmSync(folder, { recursive: true });
  mkdirSync(join(root, "elsewhere"), { mode: 0o700 });
  symlinkSync(join(root, "elsewhere"), folder);
  await assert.rejects(start(), refused);
  assert.equal(existsSync(join(root, "elsewhere", "control.sock")), false);
});

test("a socket that cannot be opened is told in words", async () => {
  writeFileSync(join(root, "file"), "");
  const start = startControlServer({ path: join(root, "file", "control.sock"), methods: {}, logger: silent });
  await assert.rejects(start, { name: "ControlError", message: /cannot be opened: .* set SIGNAL_DATA_DIR/ });
});

test("who stops reading a stream lets the server stop, too", async () => {
  const stopped = new Promise<void>((resolve) => (endlessStopped = resolve));
  for await (const value of streamFromServer(path, "endless")) {
    assert.equal(value, "more");
    break;
  }
  await stopped;
});
