/** `tail`: what it shows of events as they come in, what it leaves out, and how it ends. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { environmentOf, PROJECT, startSignal, workFolder } from "../harness/signal-server.ts";
import { until } from "../harness/until.ts";
import { openShop, type Shop } from "./shop.ts";

interface Line {
  kind: string;
  event?: string;
  user_id?: string;
  anonymous_id?: string;
  outcomes?: { integration: string; outcome: string; reason: string | null; status?: number }[];
}

interface Tail {
  lines(): Line[];
  text(): string;
  errors(): string;
  /** Ctrl-C. */
  interrupt(): void;
  ended: Promise<number | null>;
}

let shop: Shop;
before(async () => {
  shop = await openShop();
});
after(() => shop.close());

/** Resolves when it listens. */
async function startTail(args: string[], folder: string): Promise<Tail> {
  const env = environmentOf({ folder });
  const command = [join(PROJECT, "server/main.ts"), "tail", ...args];
  const child = spawn(process.execPath, command, { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  let errors = "";
  child.stdout.on("data", (chunk) => (text += String(chunk)));
  child.stderr.on("data", (chunk) => (errors += String(chunk)));
  const ended = new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code)));
  await until(30_000, () => text.includes("\n"));
  return {
    lines: () =>
      text
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Line),
    text: () => text,
    errors: () => errors,
    interrupt: () => void child.kill("SIGINT"),
    ended,
  };
}

function shownOutcomes(lines: readonly Line[]): string[] {
  return lines.flatMap(({ outcomes = [] }) => outcomes.map(({ integration }) => integration)).toSorted();
}

test("an event with the outcome of each integration, and later what came after; Ctrl-C ends it", async () => {
  const tail = await startTail(["--json", "--user", "u-tail"], shop.folder);
  assert.equal(await shop.track({ userId: "u-tail", anonymousId: "a-tail" }), 200);
  const event = await until(20_000, () => tail.lines().find(({ kind }) => kind === "event"));
  const outcomes = (event.outcomes ?? []).map((one) => [one.integration, one.outcome, one.status ?? one.reason]);
  assert.deepEqual(outcomes.toSorted(), [
    ["consent", "filtered", "consent_denied"],
    ["fails", "retry", 500],
    ["leads", "filtered", "mapping_default_drop"],
    ["orders", "delivered", 200],
    ["refuses", "reject", 400],
  ]);
  assert.equal(event.anonymous_id, "a-tail");
  await until(20_000, () => tail.lines().some(({ kind }) => kind === "outcome"));
  assert.deepEqual(tail.lines()[0], { kind: "start", trace_share: 1 });
  tail.interrupt();
  assert.equal(await tail.ended, 0);
});

const FILTERS: [args: string[], event: string][] = [
  [["--user", "u-1"], "One"],
  [["--event", "tWO"], "Two"],
  [["--pipeline", "shop", "--user", "a-2"], "Two"],
  [["--event", "One", "--integration", "orders"], "One"],
];
test("filters leave out the rest, and --limit ends it", async () => {
  const start = ([args]: (typeof FILTERS)[number]) => startTail(["--json", "--limit", "1", ...args], shop.folder);
  const tails = await Promise.all(FILTERS.map(start));
  assert.equal(await shop.track({ event: "One", userId: "u-1", anonymousId: "a-1" }), 200);
  assert.equal(await shop.track({ event: "Two", userId: "u-2", anonymousId: "a-2" }), 200);
  for (const [index, [args, name]] of FILTERS.entries()) {
    const tail = tails[index];
    assert.equal(await tail?.ended, 0);
    const events = tail?.lines().filter(({ kind }) => kind === "event") ?? [];
    assert.deepEqual(
      events.map(({ event }) => event),
      [name],
      args.join(" "),
    );
    if (args.includes("--integration")) assert.deepEqual(shownOutcomes(events), ["orders"]);
  }
});

test("--failed shows failures alone; text is for people and moves no cursor", async () => {
  const name = "\u001b[31mRed";
  const failed = await startTail(["--json", "--failed", "--event", name], shop.folder);
  const text = await startTail(["--event", name], shop.folder);
  assert.match(text.text(), /^Waiting for events; Ctrl-C ends it\.\n/);
  assert.equal(await shop.track({ event: name, userId: "u-red-0123456789" }), 200);
  const event = await until(20_000, () => failed.lines().find(({ kind }) => kind === "event"));
  assert.deepEqual(shownOutcomes([event]), ["fails", "refuses"]);
  const shown = await until(20_000, () => /.* {2}track {2}.*\n/.exec(text.text())?.[0]);
  assert.match(
    shown,
    /^\d\d:\d\d:\d\d\.\d{3} {2}Shop {2}track {2}\uFFFD\[31mRed {2}u-red-01…6789 {2}→ .*delivered 200/,
  );
  for (const tail of [failed, text]) {
    tail.interrupt();
    assert.equal(await tail.ended, 0);
  }
});

test("it ends with a word when the server stops; of a small share of events outcomes are followed", async () => {
  const work = await workFolder();
  const server = await startSignal({ folder: work.folder, env: { TRACE_SHARE: "0.05" } });
  const tail = await startTail([], work.folder);
  assert.match(tail.text(), /Of 5 % of the events the outcome is followed \(TRACE_SHARE\)/);
  assert.equal(await server.stop(), 0);
  assert.equal(await tail.ended, 3);
  assert.match(tail.errors(), /No server answers/);
  await work.remove();
});
