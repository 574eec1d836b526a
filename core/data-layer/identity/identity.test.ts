import assert from "node:assert/strict";
import { test } from "node:test";
import { layered, TIME } from "../layered-fixture.ts";
import { compileIdentity, type IdentityConfig } from "./identity.ts";

const DAY = 86_400_000;

function visit(events: [days: number, fields: object][], config: IdentityConfig = {}) {
  const step = compileIdentity(config);
  assert.ok(step !== null);
  let state: Uint8Array | undefined;
  return events.map(([days, fields]) => {
    const subject = layered(fields, { time: TIME + days * DAY });
    const verdict = step.run(subject, state);
    state = verdict.state ?? state;
    return { ids: subject.event["vendor_ids"], wrote: verdict.state !== undefined };
  });
}

const page = (query: string) => ({ context: { page: { url: `https://shop.example.com/?${query}` } } });

test("click ids are taken from the page's address and stand on later events", () => {
  const [landing, later, again] = visit([
    [0, page("gclid=G1&utm_source=x&fbclid=F%201&ScCid=S")],
    [1, {}],
    [2, page("FBCLID=F%201")],
  ]);
  const ids = { gclid: "G1", fbclid: "F 1", sccid: "S", fbc: `fb.1.${TIME}.F 1` };
  assert.deepEqual(landing, { ids, wrote: true });
  assert.deepEqual(later, { ids, wrote: false });
  assert.deepEqual(again, { ids, wrote: false });
});

test("an fbc is no younger than its event, and no event from the future makes it older", () => {
  const at = (ms: number): string => new Date(TIME + ms).toISOString();
  const [late] = visit([[0, { ...page("fbclid=A"), timestamp: at(-60_000) }]]);
  assert.equal(idsOf(late?.ids)["fbc"], `fb.1.${TIME - 60_000}.A`);
  const [ahead] = visit([[0, { ...page("fbclid=A"), timestamp: at(60_000) }]]);
  assert.equal(idsOf(ahead?.ids)["fbc"], `fb.1.${TIME}.A`);
});

test("a new click takes the place of the old one, and ids are forgotten after their time", () => {
  const [, second, third] = visit([
    [0, page("gclid=old&fbclid=A")],
    [50, page("gclid=new")],
    [95, {}],
  ]);
  assert.equal(idsOf(second?.ids)["gclid"], "new");
  assert.deepEqual(third?.ids, { gclid: "new" });
});

test("vendors' ids that clients send are remembered, hostile ones are not", () => {
  const [given, later] = visit([
    [
      0,
      {
        context: { clientIds: { ga_client_id: "1.2", n: 5, bad: {}, "with space": "x", long: "x".repeat(600) } },
        vendor_ids: JSON.parse('{"fbp": "fb.1.1.1", "__proto__": "x"}') as object,
      },
    ],
    [1, {}],
  ]);
  assert.deepEqual(given?.ids, { ga_client_id: "1.2", n: "5", fbp: "fb.1.1.1" });
  assert.deepEqual(later?.ids, given?.ids);
});

test("there is a bound on how many ids a visitor has", () => {
  const many = (from: number) =>
    Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`id${from + index}`, "x"]));
  const [, last] = visit([
    [0, { vendor_ids: many(0) }],
    [1, { vendor_ids: many(100) }],
  ]);
  assert.equal(Object.keys(idsOf(last?.ids)).length, 40);
  assert.ok(Object.keys(idsOf(last?.ids)).every((name) => Number(name.slice(2)) >= 100));
});

test("without ids nothing is added, and states that cannot be read are none", () => {
  const [only] = visit([[0, page("utm_source=x")]]);
  assert.deepEqual(only, { ids: undefined, wrote: false });
  const step = compileIdentity({ click_ids: false });
  const subject = layered(page("gclid=1"));
  assert.deepEqual(step?.run(subject, Buffer.from("[1")), {});
  assert.equal(step?.key(layered({ anonymousId: undefined })), null);
  assert.equal(compileIdentity({ enabled: false }), null);
});

function idsOf(value: unknown): Record<string, string> {
  return (value ?? {}) as Record<string, string>;
}
