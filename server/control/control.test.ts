import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { callServer, CommandRefusedError, NoServerError, streamFromServer } from "./control-client.ts";
import { ControlError, startControlServer } from "./control-server.ts";
import { controlSocketPath } from "./socket-path.ts";

let root = "";
let path = "";
let server: { close(): Promise<void> };
const errors: string[] = [];

before(async () => {
  root = mkdtempSync(join(tmpdir(), "signal-control-"));
  path = controlSocketPath(root);
  const silent = {
    debug() {},
    info() {},
    warn() {},
    error: (_fields: object, message: string) => errors.push(message),
  };
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
  await assert.rejects(callServer(path, "refuse"), new CommandRefusedError("There is no such thing."));
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

test("no server is told apart from a refusing one", async () => {
  await assert.rejects(callServer(join(root, "other.sock"), "echo"), NoServerError);
});

test("a path too long for a socket moves to a temporary folder", () => {
  const long = join(root, "x".repeat(120));
  assert.ok(Buffer.byteLength(controlSocketPath(long)) <= 103);
  assert.equal(controlSocketPath(long), controlSocketPath(long));
  assert.notEqual(controlSocketPath(long), controlSocketPath(`${long}y`));
});
