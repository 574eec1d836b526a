import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Static } from "typebox";
import type { RigFault } from "../http/api-rig.ts";
import { openConfiguredRig, ORIGIN } from "./configured-rig-fixture.ts";
import { pipelineRoutes } from "./pipeline-routes.ts";
import type { Pipeline } from "./pipeline-shape.ts";
import { snippetRoutes } from "./snippet-routes.ts";
import { type Snippet, snippetOf } from "./snippet.ts";

const ROOT = join(import.meta.dirname, "../../..");

test("the code for pages is the one that the documents show", () => {
  const { html, html_async } = snippetOf({ origin: "https://data.example.com", key: "dk_live_…" });
  const collector = readFileSync(join(ROOT, "clients/browser/README.md"), "utf8");
  assert.ok(collector.includes(html_async), html_async);
  const start = snippetOf({ origin: "http://localhost:8080", key: "KEY" }).html.replace("KEY", "<key>");
  assert.ok(readFileSync(join(ROOT, "README.md"), "utf8").includes(start), start);
  assert.equal(html, '<script src="https://data.example.com/datafly.js" data-pipeline-key="dk_live_…"></script>');
});

const HOSTILE = [`"><script>alert(1)</script>`, `'"&amp;<!--`, `' onload=alert(1) x='`, "$(touch x)`id`\\'\"!"];

test("no key and no origin breaks out of an attribute", () => {
  for (const key of HOSTILE) {
    const { html } = snippetOf({ origin: `https://data.example.com/${encodeURI(key)}"`, key });
    const found = /^<script src="([^"<>]*)" data-pipeline-key="([^"<>']*)"><\/script>$/.exec(html);
    assert.equal(unescaped(found?.[2] ?? ""), key, html);
  }
});

test("the command is what it says in a shell, whatever the key", () => {
  for (const key of ["dk_live_abc123", ...HOSTILE]) {
    const { curl } = snippetOf({ origin: "https://data.example.com/", key });
    const script = `curl() { for word in "$@"; do printf '%s\\0' "$word"; done; }\n${curl}`;
    const words = execFileSync("sh", ["-c", script], { encoding: "utf8" }).split("\0").slice(0, -1);
    assert.deepEqual(words.slice(0, 7), [
      "-X",
      "POST",
      "https://data.example.com/v1/t",
      "-H",
      `Authorization: Bearer ${key}`,
      "-H",
      "Content-Type: application/json",
    ]);
    assert.equal((JSON.parse(words[8] ?? "") as { type: string }).type, "track");
  }
});

test("a pipeline's snippet has its newest key, and nothing of its name", async () => {
  const rig = await openConfiguredRig((services) => [...pipelineRoutes(services), ...snippetRoutes(services)]);
  const { body: pipeline } = await rig.call<Static<typeof Pipeline>>("POST", "/pipelines", {
    body: { name: "</script><script>alert(1)</script>" },
  });
  const path = `/pipelines/${pipeline.id}/snippet`;
  const { status, body } = await rig.call<Snippet>("GET", path, { role: "source_viewer" });
  const key = pipeline.pipeline_key ?? "";
  assert.deepEqual(
    [status, body],
    [200, { pipeline_id: pipeline.id, pipeline_key: key, ...snippetOf({ origin: ORIGIN, key }) }],
  );
  assert.doesNotMatch(JSON.stringify(body), /alert/);
  assert.equal((await rig.call("GET", "/pipelines/pip_none/snippet")).status, 404);
  await rig.database.queries.updateTable("pipeline_keys").set({ revoked_at: 1 }).execute();
  const none = await rig.call<{ error: RigFault }>("GET", path);
  assert.deepEqual([none.status, none.body.error.code], [409, "CONFLICT"]);
  await rig.close();
});

function unescaped(html: string): string {
  return html.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)));
}
