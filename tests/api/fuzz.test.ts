/** Schemathesis tries every operation against the OpenAPI document: what should be refused is, nothing fails, nothing is answered that the document does not say. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { OpenApiDocument } from "@datafly-signal/management-api/openapi";
import { openFixtures } from "./api-fixtures.ts";
import { type ApiRig, openApiRig } from "./api-rig.ts";
import { runSchemathesis, type SchemathesisOptions, schemathesisPython } from "./schemathesis-run.ts";

let rig: ApiRig;
let python: string;
let folder: string;
let document: OpenApiDocument;

before(async () => {
  python = await schemathesisPython();
  folder = await mkdtemp(join(tmpdir(), "signal-fuzz-"));
  rig = await openApiRig();
  document = (await (await fetch(`${rig.server.management}/openapi.json`)).json()) as OpenApiDocument;
});

after(async () => {
  await rig.close();
  await rm(folder, { recursive: true, force: true });
});

/** Runs it, says what it did, and expects it to have found nothing; the server must not have logged a failure either. */
async function tryOut(options: Omit<SchemathesisOptions, "folder" | "url">): Promise<void> {
  const began = performance.now();
  const result = await runSchemathesis(python, { folder, url: rig.server.management, ...options });
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  const { tested, selected } = result.operations;
  console.log(`Schemathesis: ${result.generated} requests to ${tested} operations, ${seconds} s`);
  assert.deepEqual([result.failures.length, result.errors.length, result.exitCode], [0, 0, 0], result.output);
  assert.ok(tested > 0 && tested === selected, result.output);
  const logged = rig.server.output().split("\n");
  assert.deepEqual(
    logged.filter((line) => line.includes('"level":"error"')),
    [],
  );
}

/** A token that may do all that an administrator may, with the higher of the two limits. */
async function apiToken(): Promise<string> {
  const { permissions } = await rig.made<{ permissions: string[] }>("GET", "/auth/me");
  const { token } = await rig.made<{ token: string }>("POST", "/api-tokens", { name: "Fuzzing", scopes: permissions });
  return token;
}

test("the document is valid OpenAPI 3.1", async () => {
  const script =
    "import json, sys; from openapi_spec_validator import validate; validate(json.load(open(sys.argv[1])))";
  const file = join(folder, "openapi.json");
  await writeFile(file, JSON.stringify(document));
  await promisify(execFile)(python, ["-c", script, file]);
  await writeFile(file, JSON.stringify({ ...document, openapi: "3.1.0", paths: { "/x": { get: { responses: 1 } } } }));
  await assert.rejects(promisify(execFile)(python, ["-c", script, file]), "the validator looks");
});

test("it finds what is wrong: a failure, a status and a field that the document does not have", async () => {
  const answers = new Map([
    ["/fails", { status: 500, body: "{}" }],
    ["/surprises", { status: 418, body: "{}" }],
    ["/leaks", { status: 200, body: '{"password":"hunter2"}' }],
  ]);
  const schema = { type: "object", properties: {}, additionalProperties: false };
  const responses = { "200": { description: "Fine", content: { "application/json": { schema } } } };
  const operations = [...answers.keys()].map((path) => [path, { get: { operationId: path.slice(1), responses } }]);
  const liar = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const { status, body } = answers.get(pathname) ?? {
      status: 200,
      body: JSON.stringify({
        openapi: "3.1.0",
        info: { title: "Liar", version: "1" },
        paths: Object.fromEntries(operations),
      }),
    };
    response.writeHead(status, { "content-type": "application/json" }).end(body);
  });
  await new Promise<void>((resolve) => liar.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(liar.address() as AddressInfo).port}`;
  const result = await runSchemathesis(python, { folder, url, token: "t", examples: 2, phases: ["fuzzing"] });
  liar.closeAllConnections();
  await new Promise((resolve) => liar.close(resolve));
  const found = JSON.stringify(result.failures);
  for (const path of answers.keys()) assert.ok(found.includes(path.slice(1)), `${path}\n${result.output}`);
  assert.equal(result.exitCode, 1);
});

// Nothing is left out: an API token does not revoke itself, and the last administrator cannot be removed.
test("all operations, with anything: made up, malformed, and one after the other", async () => {
  await tryOut({
    token: await apiToken(),
    examples: 6,
    phases: ["examples", "coverage", "fuzzing", "stateful"],
  });
});

// Left out: what removes the objects that the others are to find.
test("operations on objects that are there, with what the document allows", async () => {
  const parameters = await openFixtures(rig, document);
  await tryOut({
    token: await apiToken(),
    examples: 25,
    phases: ["examples", "fuzzing"],
    mode: "positive",
    parameters,
    filters: [
      ...Object.keys(parameters).flatMap((path) => ["--include-path", path]),
      ...["--exclude-method", "DELETE"],
    ],
  });
});

test("what only a person may do, with a session", async () => {
  await tryOut({
    token: rig.accessToken,
    examples: 4,
    phases: ["coverage", "fuzzing"],
    filters: ["--include-tag", "API tokens", "--include-path", "/auth/me"],
  });
  const { status } = await rig.call("GET", "/auth/me");
  assert.equal(status, 200, "the session is still there");
});
