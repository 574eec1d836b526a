/** The JSON table against the server: as single events under three content types, and in batches between good events. */
import assert from "node:assert/strict";
import type { Arena } from "./arena.ts";
import { DOCUMENTS, ID } from "./json-documents.ts";
import { JSON_VALUES, type JsonCase } from "./json-values.ts";
import { inGroups } from "./in-groups.ts";
import type { Bytes } from "./wire.ts";

const CONTENT_TYPES = [
  "application/json",
  "text/plain; charset=iso-8859-1",
  "application/x-www-form-urlencoded",
  "multipart/form-data; boundary=x",
];

/** Every value, once under each content type in turn. */
export async function singleValues(arena: Arena): Promise<void> {
  await inGroups(JSON_VALUES, async (one, index) => {
    const messageId = `value-${one.name}`;
    const body = eventWith(messageId, one.text);
    const headers = [`Content-Type: ${CONTENT_TYPES[index % CONTENT_TYPES.length]}`];
    await arena.expect(one.name, labelOf(one), { body, headers });
    if ("arrives" in one) arena.accepted(messageId, arrivesAs(one));
  });
}

/** What cannot be parsed costs the batch, what is merely wrong costs the one item. */
export async function batchedValues(arena: Arena): Promise<void> {
  await inGroups(JSON_VALUES, async (one) => {
    const id = `batched-${one.name}`;
    const body = Buffer.concat([
      Buffer.from(`{"batch":[{"type":"track","event":"J","messageId":"${id}-before"},`),
      eventWith(id, one.text),
      Buffer.from(`,{"type":"track","event":"J","messageId":"${id}-after"}]}`),
    ]);
    const label = labelOf(one) === "400 invalid_json" ? "400 invalid_json" : "200";
    const answer = await arena.expect(one.name, label, { path: "/v1/batch", body });
    if (label !== "200") return;
    arena.accepted(`${id}-before`);
    arena.accepted(`${id}-after`);
    const { accepted, rejected, errors } = JSON.parse(answer.body);
    if ("arrives" in one) {
      assert.deepEqual({ accepted, rejected, errors }, { accepted: 3, rejected: 0, errors: [] }, one.name);
      return arena.accepted(id, arrivesAs(one));
    }
    assert.deepEqual([accepted, rejected, errors[0].index, errors[0].messageId], [2, 1, 1, id], one.name);
    assert.equal(errors[0].error, one.kind === "i" ? one.refused : "", one.name);
    arena.refused(errors[0].error, 1);
  });
}

/** Every good value of the table as one batch. */
export async function goodValuesTogether(arena: Arena): Promise<void> {
  const good = JSON_VALUES.filter((one) => "arrives" in one);
  const items = good.flatMap((one) => [eventWith(`together-${one.name}`, one.text), Buffer.from(",")]).slice(0, -1);
  const body = Buffer.concat([Buffer.from("["), ...items, Buffer.from("]")]);
  const answer = await arena.expect("all good values", "200", { path: "/v1/batch", body });
  assert.equal(JSON.parse(answer.body).accepted, good.length);
  for (const one of good) arena.accepted(`together-${one.name}`, arrivesAs(one));
}

export async function documents(arena: Arena): Promise<void> {
  await inGroups(DOCUMENTS, async ({ name, body, label }) => {
    const messageId = `document-${name}`;
    const sent = typeof body === "string" ? body.replaceAll(ID, messageId) : withId(body, messageId);
    await arena.expect(name, label, { body: sent });
    if (label === "200") arena.accepted(messageId);
  });
}

function withId(body: Buffer, messageId: string): Buffer {
  const at = body.indexOf(ID);
  if (at === -1) return body;
  return Buffer.concat([body.subarray(0, at), Buffer.from(messageId), body.subarray(at + ID.length)]);
}

function eventWith(messageId: string, value: Bytes): Buffer {
  return Buffer.concat([
    Buffer.from(`{"type":"track","event":"J","messageId":"${messageId}","properties":{"v":`),
    typeof value === "string" ? Buffer.from(value) : value,
    Buffer.from("}}"),
  ]);
}

function labelOf(one: JsonCase): string {
  if (one.kind === "n") return "400 invalid_json";
  return "refused" in one ? `400 ${one.refused}` : "200";
}

function arrivesAs(one: JsonCase & { arrives: unknown }): (arrived: Record<string, unknown>) => void {
  return ({ properties }) => assert.deepEqual(properties, { v: one.arrives }, one.name);
}
