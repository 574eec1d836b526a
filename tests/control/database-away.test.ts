/** PostgreSQL stopped, killed and started under load: events go on, the API says 503 meanwhile, and changes count again afterwards. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type PostgresServer, startPostgres } from "@datafly-signal/ports/store/testing";
import { each } from "@datafly-signal/management-client";
import { arrivals } from "../harness/receiver.ts";
import { ADMINISTRATOR_ENV, done, signedIn } from "../harness/signed-in.ts";
import { environmentOf, runCli, startSignal, workFolder } from "../harness/signal-server.ts";
import { until } from "../harness/until.ts";
import { type ControlRig, type Lane, LATE_MS, makeLane, openControlRig, sent } from "./control-rig.ts";
import { type SteadyEvents, steadyEvents } from "./steady-events.ts";

const PER_SECOND = 200;
/** How long the database is away, each time. */
const AWAY_MS = 4000;
/** After it is there again, configuring works after this long. */
const BACK_MS = 10_000;

let postgres: PostgresServer;
let rig: ControlRig;
let lane: Lane;
let env: Record<string, string>;

before(async () => {
  postgres = await startPostgres();
  env = { DATABASE_URL: postgres.url };
  rig = await openControlRig({ env });
  lane = await makeLane(rig, { name: "Steady", config: { url: `${rig.vendor.url}/0` }, revision: "latest" });
});
after(async () => {
  await rig?.close();
  await postgres?.remove();
});

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

interface Ready {
  status: number;
  ready: boolean;
  reasons: string[];
  warnings?: string[];
}

async function ready(): Promise<Ready> {
  const response = await fetch(`${rig.server.management}/ready`);
  return { ...((await response.json()) as Omit<Ready, "status">), status: response.status };
}

/** Everything the API answers: away, with the time to wait; and the data plane as if nothing were. */
async function assertAway(): Promise<void> {
  const answer = await until(LATE_MS, async () => {
    const { status, headers, body } = await rig.api.call("GET", "/pipelines");
    return status === 503 && { headers, body };
  });
  const { error } = answer.body as { error: { code: string } };
  assert.equal(error.code, "UNAVAILABLE");
  assert.match(answer.headers.get("retry-after") ?? "", /^[1-9]\d*$/);
  const login = await rig.api.call("POST", "/auth/login", { email: "admin@example.com", password: "not the password" });
  assert.equal(login.status, 503, "nobody is told that a right password is wrong");
  const change = await rig.api.call("POST", "/pipelines", { name: "While away" });
  assert.equal(change.status, 503);
  const state = await until(LATE_MS, async () => {
    const now = await ready();
    return (now.warnings ?? []).some((warning) => warning.startsWith("database")) && now;
  });
  assert.deepEqual([state.status, state.ready, state.reasons], [200, true, []]);
  const { status } = await fetch(`${rig.server.management}/health`);
  assert.equal(status, 200);
}

let revisions = 0;
/** A new revision is made and counts; answers how long that took. */
async function assertConfigurable(): Promise<number> {
  const began = performance.now();
  const path = `/${(revisions += 1)}`;
  await until(BACK_MS, async () => {
    const body = { config: { url: rig.vendor.url + path } };
    const made = await rig.client.createRevision({ params: { id: lane.integrationId }, body });
    if (!made.ok) assert.equal(made.error.code, "UNAVAILABLE", made.error.message);
    return made.ok;
  });
  await until(LATE_MS, () => rig.vendor.requests.at(-1)?.path === path);
  await until(LATE_MS, async () => (await ready()).warnings === undefined);
  return performance.now() - began;
}

interface Making {
  /** Names of the pipelines that were answered 201. */
  made: string[];
  /** Answers that ask to try again. */
  tried: number;
  /** Codes that a repetition with the same key must not be answered with. */
  wrong: Set<string>;
  stop(): Promise<void>;
}

/** Makes pipelines one after the other, each with one Idempotency-Key until it is made. */
function startMaking({ client }: ControlRig): Making {
  let isStopped = false;
  const making: Making = { made: [], tried: 0, wrong: new Set(), stop };
  const make = async (): Promise<void> => {
    while (!isStopped) {
      const name = `Made ${making.made.length}`;
      const idempotencyKey = crypto.randomUUID();
      for (;;) {
        const answer = await client.createPipeline({ body: { name }, idempotencyKey });
        if (answer.ok) break;
        making.tried += 1;
        if (answer.error.code !== "UNAVAILABLE") making.wrong.add(answer.error.code);
        await wait(200);
      }
      making.made.push(name);
      await wait(100);
    }
  };
  const done = make();
  async function stop(): Promise<void> {
    isStopped = true;
    await done;
  }
  return making;
}

/** Each of them once: the server was not killed. */
async function assertAllArrived({ accepted, refused }: SteadyEvents): Promise<void> {
  const missing = (): string[] => {
    const there = arrivals(rig.vendor.requests);
    return [...accepted].filter((id) => !there.has(id));
  };
  await until(
    LATE_MS,
    () => missing().length === 0,
    () => `${missing().length} of ${accepted.size} events\n${rig.server.output().slice(-3000)}`,
  );
  assert.deepEqual([...refused], [], "every event was accepted");
  const twice = [...arrivals(rig.vendor.requests)].filter(([id, count]) => accepted.has(id) && count > 1);
  assert.deepEqual(twice, []);
}

test("the database is stopped and started, then killed, under load: nothing is refused, lost or sent twice", async (t) => {
  const events = steadyEvents(rig.server, { key: lane.key, perSecond: PER_SECOND, prefix: "steady" });
  const making = startMaking(rig);
  try {
    const took: number[] = [];
    for (const end of [() => postgres.stop(), () => postgres.kill()]) {
      await wait(1500);
      await end();
      await assertAway();
      const before = rig.vendor.requests.length;
      await wait(AWAY_MS);
      assert.ok(rig.vendor.requests.length > before + PER_SECOND, "deliveries go on");
      await postgres.start();
      took.push(await assertConfigurable());
    }
    await Promise.all([events.stop(), making.stop()]);
    await assertAllArrived(events);
    t.diagnostic(`${events.accepted.size} events accepted, none lost; ${making.made.length} pipelines made`);
    t.diagnostic(`configurable again after ${took.map(Math.round).join(" and ")} ms`);
    assert.ok(events.accepted.size > (PER_SECOND * AWAY_MS) / 1000);
    assert.ok(making.tried > 0 && making.made.length > 0, `${making.tried} tried again, ${making.made.length} made`);
    assert.deepEqual([...making.wrong], [], "what a crash left undecided is decided by asking again");
    const names: string[] = [];
    for await (const { name } of each(rig.client.listPipelines, {})) names.push(name);
    assert.deepEqual(
      names.filter((name) => name.startsWith("Made")).toSorted(),
      making.made.toSorted(),
      "what was answered is there, once",
    );
    assert.ok(!names.includes("While away"), "what was answered 503 was not made");
  } finally {
    await Promise.all([events.stop(), making.stop()]);
  }
});

test("a server that starts while the database is away delivers from the last good configuration", async () => {
  await sent(rig, lane.key, { messageId: "before-the-crash" });
  await postgres.stop();
  await rig.server.kill();
  rig.server = await startSignal({ folder: rig.folder, env: { ...ADMINISTRATOR_ENV, ...env } });
  rig.clean(() => rig.server.stop());
  const request = await sent(rig, lane.key, { messageId: "without-a-database" });
  assert.equal(request.path, `/${revisions}`, "the latest revision, not an older one");
  const away = await fetch(`${rig.server.management}/v1/admin/pipelines`, {
    headers: { authorization: `Bearer ${rig.api.accessToken}` },
  });
  assert.deepEqual([away.status, away.headers.has("retry-after")], [503, true]);
  await postgres.start();
  rig.api = await until(LATE_MS, () => signedIn(rig.server).catch(() => null));
  rig.client = rig.api.client;
  await assertConfigurableWith("after-the-start");
  assert.doesNotMatch(rig.server.output(), /one-time password/);
});

/** As `assertConfigurable`, by events of its own. */
async function assertConfigurableWith(prefix: string): Promise<void> {
  const path = `/${(revisions += 1)}`;
  const body = { config: { url: rig.vendor.url + path } };
  await done(rig.client.createRevision({ params: { id: lane.integrationId }, body }));
  let count = 0;
  await until(
    LATE_MS,
    async () => (await sent(rig, lane.key, { messageId: `${prefix}-${(count += 1)}` })).path === path,
  );
}

test("a first start without its database fails in words, without the password", async (t) => {
  const { folder, remove } = await workFolder();
  t.after(remove);
  const url = new URL(postgres.url);
  const password = url.password;
  url.port = "9";
  const { code, stdout, stderr } = await runCli(["start"], {
    cwd: folder,
    env: environmentOf({ folder, env: { ...ADMINISTRATOR_ENV, DATABASE_URL: url.href } }),
  });
  assert.equal(code, 1);
  assert.match(stderr, /The server did not start:\n.*(database|PostgreSQL).*(reach|connect)/i);
  assert.ok(!(stdout + stderr).includes(password));
  assert.doesNotMatch(stderr, /\n\s+at /, "no stack");
});
