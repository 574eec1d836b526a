import assert from "node:assert/strict";
import { test } from "node:test";
import type { DeadLetterFilter, ListedDeadLetter } from "../dead-letters/dead-letter-index.ts";
import type { DeadLetters } from "../dead-letters/dead-letters.ts";
import { ask, startDemo } from "./demo-fixture.ts";

function letter(id: string, messageId: string, reason: ListedDeadLetter["reason"]): ListedDeadLetter {
  return {
    id,
    integrationId: "tmpl_1",
    pipelineIntegrationId: "pi_1",
    messageId,
    event: "purchase",
    reason,
    detail: null,
    lastStatus: 400,
    tries: 1,
    firstTriedAt: null,
    lastTriedAt: null,
    deadLetteredAt: "2026-11-21T09:00:00.000Z",
    replayOf: null,
    position: { partition: 0, offset: 0 },
    state: "open",
  };
}

test("one dead letter of the demo's own integration is sent again, wherever in the list it stands", async () => {
  const asked: { filter: DeadLetterFilter; mode?: string }[] = [];
  const pages = [[letter("dl_1", "refused", "rejected")], [letter("dl_2", "unmapped", "mapping_failed")]];
  const deadLetters: Pick<DeadLetters, "list" | "replay"> = {
    list(filter, { cursor }) {
      asked.push({ filter });
      const data = pages[Number(cursor ?? 0)] ?? [];
      return Promise.resolve({ data, nextCursor: cursor === null ? "1" : null });
    },
    replay(filter, { mode }) {
      asked.push({ filter, mode });
      return Promise.resolve({ replayed: 1, discarded: 0, skipped: {} });
    },
  };
  const demo = await startDemo("127.0.0.1", deadLetters);
  const replay = async (messageId: string) => {
    const headers = { "content-type": "application/json", origin: demo.url, "sec-fetch-site": "same-origin" };
    return ask(`${demo.url}/demo/replay`, { method: "POST", headers, body: JSON.stringify({ messageId }) });
  };
  const { status, text } = await replay("refused");
  assert.deepEqual([status, JSON.parse(text)], [200, { replayed: 1, discarded: 0, skipped: {} }]);
  assert.deepEqual(asked.at(-1), { filter: { integrationId: "tmpl_1", ids: ["dl_1"] }, mode: "as_is" });
  await replay("unmapped");
  assert.deepEqual(asked.at(-1), { filter: { integrationId: "tmpl_1", ids: ["dl_2"] }, mode: "remap" });
  assert.equal((await replay("of somebody else")).status, 404);
  assert.ok(asked.every(({ filter }) => filter.integrationId === "tmpl_1"));
  await demo.http.close();
});
