/**
 * A real server in a bad neighbourhood: two pipelines, a stream of good events on both for as long as it runs, a watch
 * on memory, and the account that has to balance at the end.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { join } from "node:path";
import { type Received, type Receiver, startReceiver } from "../harness/receiver.ts";
import { type SignalServer, startSignal, workFolder } from "../harness/signal-server.ts";
import { until } from "../harness/until.ts";
import { watchMemory } from "./memory-watch.ts";
import { type Bytes, type Post, type Talk, type WireAnswer, requestBytes, talk } from "./wire.ts";

export const SHOP_KEY = "dk_test_shop_0123456789";
export const OTHER_KEY = "dk_test_other_0123456789";
/** Of a pipeline that only integrations `of: "once"` are in. */
export const ONCE_KEY = "dk_test_once_0123456789";

/** A good event every so often, in turn to each of the pipelines. */
const GOOD_EVERY_MS = 20;
/** Of many faults. */
const SHOWN = 12;
/** Codes whose answers do not count as refused events: no event is known to have been in the request. */
const UNCOUNTED = new Set([
  "not_found",
  "method_not_allowed",
  "bad_request",
  "request_timeout",
  "headers_too_large",
  "no_event_accepted",
]);

export type JsonFields = Record<string, unknown>;

/** Looks at an event as it arrived. */
export type Check = (arrived: JsonFields) => void;

export interface ArenaOptions {
  /** Further integrations, of the shop's pipeline unless said, as entries of `signal.yaml`. */
  integrations?: readonly { name: string; yaml: string; of?: "once" }[];
  /** Which pipelines the stream of good events goes to; both unless said. */
  goodPipelines?: readonly ("shop" | "other")[];
  /** MiB that the process may hold of its own at any moment. */
  /** What the process may hold beyond what it held when it had started. */
  memoryGrowthMiB: number;
}

export interface Arena {
  server: SignalServer;
  port: number;
  /** Sends a request, says what must come back, and keeps the account. */
  expect(name: string, label: string, post: Post, talk?: Talk): Promise<WireAnswer>;
  /** Sends bytes as they are; the labels of the answers, in their order, and whether the connection was ended. */
  expectBytes(name: string, labels: readonly string[], bytes: Bytes | readonly Bytes[], talk?: Talk): Promise<void>;
  /** An event that was answered 200 must arrive once at the pipeline's receiver, and look like this. */
  accepted(messageId: string, check?: Check, pipeline?: "shop" | "other"): void;
  /** Events answered 200 whose ids the test does not know. */
  acceptedUnnamed(count: number): void;
  /** Events refused within an answer, by code. */
  refused(code: string, events: number): void;
  status(): Promise<ArenaStatus>;
  memory: ReturnType<typeof watchMemory>;
  /** Waits until everything has come to its end and looks at the whole account; at the refusals only if they are known. */
  balance(known?: { refusals: boolean }): Promise<ArenaStatus>;
  close(): Promise<void>;
}

export interface ArenaStatus {
  events: { accepted: number; processed: number; unprocessed: number; unprocessable: Record<string, number> };
  integrations: LaneStatus[];
  refused: Record<string, number>;
}

interface LaneStatus {
  name: string;
  accepted: number;
  delivered: number;
  in_flight: number;
  filtered: Record<string, number>;
  dead_lettered: Record<string, number>;
}

interface Account {
  named: Map<string, { check: Check | undefined; pipeline: "shop" | "other" }>;
  unnamed: number;
  refused: Map<string, number>;
}

export async function openArena(options: ArenaOptions): Promise<Arena> {
  const work = await workFolder();
  const receivers = { shop: await startReceiver(), other: await startReceiver() };
  const server = await startSignal({
    folder: work.folder,
    config: configurationOf(receivers, options.integrations ?? []),
  });
  const port = Number(new URL(server.gateway).port);
  const account: Account = { named: new Map(), unnamed: 0, refused: new Map() };
  const pid = server.process.pid ?? 0;
  const memory = watchMemory(pid);
  const idleMiB = memory.now();
  const good = streamGoodEvents(port, account, options.goodPipelines ?? ["shop", "other"]);

  const refused = (code: string, events: number): void => {
    if (!UNCOUNTED.has(code)) account.refused.set(code, (account.refused.get(code) ?? 0) + events);
  };
  const status = async (): Promise<ArenaStatus> => {
    const { code, stdout, stderr } = await server.cli("status", "--json");
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout) as ArenaStatus;
  };
  const expectBytes: Arena["expectBytes"] = async (name, labels, bytes, how = {}) => {
    const { answers } = await talk(port, bytes, { answers: labels.length, ...how });
    assert.deepEqual(
      answers.map(({ label }) => label),
      labels,
      name,
    );
    for (const answer of answers) checkAnswer(name, answer);
    for (const label of labels) countLabel(label, refused);
  };
  return {
    server,
    port,
    memory,
    status,
    expectBytes,
    refused,
    async expect(name, label, post, how = {}) {
      const { answers } = await talk(port, requestBytes({ key: SHOP_KEY, ...post }), { answers: 1, ...how });
      const [answer] = answers;
      assert.ok(answer !== undefined, `${name}: no answer`);
      assert.equal(answer.label, label, `${name}: ${answer.body.slice(0, 300)}`);
      checkAnswer(name, answer);
      countLabel(label, refused);
      return answer;
    },
    accepted(messageId, check, pipeline = "shop") {
      assert.ok(!account.named.has(messageId), `${messageId} is used twice`);
      account.named.set(messageId, { check, pipeline });
    },
    acceptedUnnamed: (count) => void (account.unnamed += count),
    async balance(known = { refusals: true }) {
      await good.stop();
      const settled = await settle(account, status);
      memory.stop();
      assert.equal(server.process.exitCode, null, "the process has ended");
      assert.equal(lockHolder(work.folder), pid, "another process holds the folder");
      assert.deepEqual(faultsIn(server.output()), []);
      const grownMiB = Math.round(memory.peak() - idleMiB);
      assert.ok(idleMiB > 0);
      assert.ok(
        grownMiB < options.memoryGrowthMiB,
        `from ${Math.round(idleMiB)} MiB the process grew by ${grownMiB} MiB`,
      );
      if (known.refusals)
        assert.deepEqual(settled.refused, Object.fromEntries(account.refused), "what was refused, by code");
      checkArrivals(account, receivers);
      return settled;
    },
    async close() {
      await good.stop();
      memory.stop();
      await server.stop();
      await Promise.all([receivers.shop.close(), receivers.other.close()]);
      await work.remove();
    },
  };
}

function configurationOf(
  receivers: { shop: Receiver; other: Receiver },
  more: NonNullable<ArenaOptions["integrations"]>,
): string {
  const once = more.filter(({ of }) => of === "once");
  return [
    "version: 1",
    "pipelines:",
    "  - name: Shop",
    `    pipeline_key: ${SHOP_KEY}`,
    "    domain_allowlist: [shop.example.com]",
    "    rate_limit_rps: 1000000",
    "    integrations:",
    "      - { integration: shop }",
    ...more.filter(({ of }) => of === undefined).map(({ name }) => `      - { integration: ${name} }`),
    "  - name: Other",
    `    pipeline_key: ${OTHER_KEY}`,
    "    rate_limit_rps: 1000000",
    "    integrations: [{ integration: other }]",
    "  - name: Once",
    `    pipeline_key: ${ONCE_KEY}`,
    `    integrations: [${once.map(({ name }) => `{ integration: ${name} }`).join(", ")}]`,
    "integrations:",
    `  - { name: shop, vendor: webhook, config: { url: "${receivers.shop.url}" } }`,
    "  - name: other",
    "    vendor: webhook",
    `    config: { url: "${receivers.other.url}", batch_enabled: true, batch_interval_ms: 50 }`,
    ...more.map(({ yaml }) => yaml),
    "",
  ].join("\n");
}

/** Every answer, whatever it is to, has the documented shape. */
function checkAnswer(name: string, { status, headers, body }: WireAnswer): void {
  if (headers["content-type"] !== "application/json") return;
  assert.equal(headers["access-control-allow-credentials"], "true", name);
  if (status < 400) return;
  const { error, message } = JSON.parse(body) as JsonFields;
  assert.match(String(error), /^[a-z_]+$/, name);
  assert.ok(typeof message === "string" && message.length > 10, name);
  assert.ok(status !== 503 && status !== 429 ? true : Number(headers["retry-after"]) >= 1, name);
}

function countLabel(label: string, refused: (code: string, events: number) => void): void {
  const [, code] = label.split(" ");
  if (code !== undefined) refused(code, 1);
}

interface GoodStream {
  stop(): Promise<void>;
}

/** Each of them has to be answered 200, whatever happens beside it. */
function streamGoodEvents(port: number, account: Account, pipelines: readonly ("shop" | "other")[]): GoodStream {
  const agent = new Agent({ keepAlive: true });
  const failures: string[] = [];
  const underWay = new Set<Promise<void>>();
  let count = 0;
  const timer = setInterval(() => {
    count += 1;
    const pipeline = pipelines[count % pipelines.length] ?? "shop";
    const messageId = `good-${count}`;
    const sending = sendGood(port, { agent, messageId, key: pipeline === "shop" ? SHOP_KEY : OTHER_KEY }).then(
      (status) => {
        underWay.delete(sending);
        if (status === "200") account.named.set(messageId, { check: undefined, pipeline });
        else failures.push(`${messageId}: ${status}`);
      },
    );
    underWay.add(sending);
  }, GOOD_EVERY_MS);
  let stopped: Promise<void> | null = null;
  return {
    stop() {
      stopped ??= (async () => {
        clearInterval(timer);
        await Promise.all(underWay);
        agent.destroy();
        assert.deepEqual(failures, [], "good events that were not accepted");
      })();
      return stopped;
    },
  };
}

function sendGood(port: number, good: { agent: Agent; messageId: string; key: string }): Promise<string> {
  const { agent, messageId, key } = good;
  return new Promise((resolve) => {
    const headers = { authorization: `Bearer ${key}` };
    const options = { host: "127.0.0.1", port, method: "POST", path: "/v1/t", agent, headers };
    const outgoing = request(options, (answer) => {
      answer.resume();
      answer.on("end", () => resolve(String(answer.statusCode)));
    });
    outgoing.on("error", (error) => resolve(String(error)));
    outgoing.end(JSON.stringify({ type: "track", event: "Good", messageId, properties: { n: 1 } }));
  });
}

/** Until every accepted event is processed and no delivery is under way; the sums hold at every look. */
async function settle(account: Account, status: () => Promise<ArenaStatus>): Promise<ArenaStatus> {
  const accepted = account.named.size + account.unnamed;
  let last: ArenaStatus | undefined;
  return until(
    60_000,
    async () => {
      last = await status();
      for (const lane of last.integrations) {
        const ended = lane.delivered + sum(lane.filtered) + sum(lane.dead_lettered);
        assert.equal(lane.accepted, ended + lane.in_flight, `the sum of ${lane.name}`);
      }
      assert.ok(
        last.events.accepted <= accepted,
        `${last.events.accepted} events were taken, of which ${accepted} are known`,
      );
      const done = last.events.unprocessed === 0 && last.integrations.every(({ in_flight }) => in_flight === 0);
      return done && last.events.accepted === accepted ? last : null;
    },
    () => `${accepted} accepted events to be settled; status: ${JSON.stringify(last)}`,
  );
}

function sum(counts: Record<string, number>): number {
  return Object.values(counts).reduce((left, right) => left + right, 0);
}

function lockHolder(folder: string): unknown {
  return (JSON.parse(readFileSync(join(folder, "data/lock.json"), "utf8")) as JsonFields)["pid"];
}

/** Lines of the log that must not be there. */
function faultsIn(output: string): string[] {
  return output
    .split("\n")
    .filter((line) => /"level":"(?:error|fatal)"|unhandled|uncaught|failed unexpectedly|Warning:/i.test(line));
}

function checkArrivals({ named }: Account, receivers: { shop: Receiver; other: Receiver }): void {
  const arrived = { shop: byId(receivers.shop.requests), other: byId(receivers.other.requests) };
  const faults = [...named].flatMap(([messageId, { check, pipeline }]) => {
    const [event, ...again] = arrived[pipeline].get(messageId) ?? [];
    if (event === undefined) return [`${messageId} was accepted and did not arrive`];
    if (again.length > 0) return [`${messageId} arrived ${again.length + 1} times`];
    return check === undefined ? [] : faultOf(() => check(event));
  });
  assert.equal(faults.length, 0, `${faults.length} of ${named.size}:\n${faults.slice(0, SHOWN).join("\n")}`);
}

function faultOf(check: () => void): string[] {
  try {
    check();
    return [];
  } catch (error) {
    return [String(error)];
  }
}

function byId(requests: readonly Received[]): Map<string, JsonFields[]> {
  const events = new Map<string, JsonFields[]>();
  for (const { body } of requests) {
    const parsed = JSON.parse(body) as JsonFields | JsonFields[];
    for (const event of Array.isArray(parsed) ? parsed : [parsed]) {
      const id = String(event["messageId"]);
      events.set(id, [...(events.get(id) ?? []), event]);
    }
  }
  return events;
}
