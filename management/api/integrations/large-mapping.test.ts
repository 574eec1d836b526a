import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { RigFault } from "../http/api-rig.ts";
import type { ConfiguredRig } from "../pipelines/configured-rig-fixture.ts";
import { install, openIntegrationRig } from "./integration-rig-fixture.ts";

const MOST = 262_144;

/** YAML of so many characters. */
function textOf(length: number, filler = "x"): string {
  return "version: 2\n# ".padEnd(length, filler);
}

/** Plain data whose JSON has so many characters. */
function dataOf(length: number): object {
  const mapping = (value: string) => ({
    version: 2,
    defaults: { action: "map", mappings: [{ value, target: "note" }] },
  });
  return mapping("x".repeat(length - JSON.stringify(mapping("")).length));
}

let rig: ConfiguredRig;
let id: string;
before(async () => {
  rig = await openIntegrationRig();
  id = (await install(rig, { name: "Orders", mapping: "version: 2 # small\n" })).template.id;
});
after(() => rig.close());

const config = { url: "https://hooks.example.com/events" };
const ways: [what: string, send: (mapping: unknown) => Promise<{ status: number; body: { error?: RigFault } }>][] = [
  [
    "a custom integration",
    (mapping) =>
      rig.call("POST", "/integration-templates", { body: { name: "Large", vendor_name: "Large", config, mapping } }),
  ],
  [
    "an integration of the catalogue",
    (mapping) => rig.call("POST", "/integration-catalog/webhook/install", { body: { name: "Large", config, mapping } }),
  ],
  ["a revision", (mapping) => rig.call("POST", `/integration-templates/${id}/revisions`, { body: { mapping } })],
];

describe("a mapping too large to be worked on", () => {
  for (const [what, send] of ways) {
    it(`is refused in ${what}, saying how large it is, how large it may be and what to do`, async () => {
      const { queries } = rig.database;
      const kept = async () =>
        (await queries.selectFrom("revisions").select("id").execute()).length + (await rig.audits()).length;
      const before = await kept();
      for (const [mapping, length] of [
        [textOf(MOST + 1), MOST + 1],
        [textOf(500_000), 500_000],
        [dataOf(MOST + 1), MOST + 1],
      ] as const) {
        const { status, body } = await send(mapping);
        assert.deepEqual([status, body.error?.code], [422, "VALIDATION_FAILED"]);
        const [detail, ...others] = body.error?.details ?? [];
        assert.deepEqual([detail?.path, others], ["mapping", []]);
        const message = detail?.message ?? "";
        assert.match(message, new RegExp(`mapping has ${length} characters, more than ${MOST}`));
        assert.match(message, /divide it among several integrations/);
        assert.ok(message.length < 300, "it does not quote the mapping");
      }
      assert.equal(await kept(), before, "nothing of it is kept");
    });
  }

  it("is one of more than 262144 characters, not bytes", async () => {
    for (const mapping of [textOf(MOST), textOf(MOST, "é"), dataOf(MOST)]) {
      const { status, body } = await rig.call("POST", `/integration-templates/${id}/revisions`, { body: { mapping } });
      assert.equal(status, 201, JSON.stringify(body).slice(0, 300));
    }
  });
});
