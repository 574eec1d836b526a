/** Everything that clients can do wrong, against one running server, while good events go on beside it. */
import { after, before, test } from "node:test";
import { type Receiver, startReceiver } from "../harness/receiver.ts";
import { type Arena, openArena } from "./arena.ts";
import { oddBatches, oddEvents } from "./event-section.ts";
import { continued, framing, pipelined } from "./framing-section.ts";
import { keysAndHeads, unaskedBodies } from "./head-section.ts";
import { batchedValues, documents, goodValuesTogether, singleValues } from "./json-section.ts";
import { checkMappings, hostileMappings, mappingIntegrations } from "./mapping-section.ts";
import { brokenOff, neverReading, openSlowClients, type SlowClients } from "./slow-section.ts";
import { batchSizes, bombs, encodings, sizes } from "./limit-section.ts";

let arena: Arena;
let slow: SlowClients;
let mapped: Receiver;
let idleMiB = 0;

before(async () => {
  mapped = await startReceiver();
  arena = await openArena({ memoryGrowthMiB: 800, integrations: mappingIntegrations(mapped) });
  idleMiB = arena.memory.now();
  slow = await openSlowClients(arena);
});
after(async () => {
  await arena.close();
  await mapped.close();
});

test("JSON values, one event a request", () => singleValues(arena));
test("JSON values in batches", () => batchedValues(arena));
test("all good JSON values in one batch", () => goodValuesTogether(arena));
test("JSON documents", () => documents(arena));
test("odd events", () => oddEvents(arena));
test("odd batches", () => oddBatches(arena));
test("sizes", () => sizes(arena));
test("batch sizes", () => batchSizes(arena));
test("encodings", () => encodings(arena));
test("bombs", () => bombs(arena));

test("keys and heads", () => keysAndHeads(arena));
test("bodies nobody asked for", () => unaskedBodies(arena));
test("framing", () => framing(arena));
test("pipelined requests", () => pipelined(arena));
test("Expect: 100-continue", () => continued(arena));
test("mappings that meet it", () => hostileMappings(arena));
test("clients that break off", () => brokenOff(arena));
test("clients that never read", () => neverReading(arena));
test("slow and silent clients", () => slow.finish());

test("the account balances", async (context) => {
  const status = await arena.balance();
  checkMappings(status, mapped);
  const [before, now, peak] = [idleMiB, arena.memory.now(), arena.memory.peak()].map(Math.round);
  context.diagnostic(`memory of its own: ${before} MiB before, ${now} MiB after, ${peak} MiB at most`);
});
