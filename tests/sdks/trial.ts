/** What every SDK is put through: a server with a vendor behind it, that can be killed and comes back on its port. */
import assert from "node:assert/strict";
import { configuration } from "../harness/configuration.ts";
import { arrivals, startReceiver } from "../harness/receiver.ts";
import { freePort, startSignal, workFolder, type SignalServer } from "../harness/signal-server.ts";
import { until } from "../harness/until.ts";

type JsonObject = Record<string, unknown>;

export const EVENTS = 1_000;
/** SDKs wait up to a minute between two tries. */
const ARRIVAL_MS = 180_000;

export interface Trial {
  /** The gateway's address, the same after a kill. */
  gateway: string;
  /** Waits until every index from 0 to `EVENTS` has arrived; gives the events by index. */
  allArrived(): Promise<Map<number, JsonObject>>;
  /** Waits until so many events have arrived; gives their types, sorted. */
  types(count: number): Promise<string[]>;
  /** How often each messageId has arrived. */
  counts(): Map<string, number>;
  /** Kills the server and starts it again; resolves when it listens. */
  killAndRestart(): Promise<void>;
  /** Events the server has acknowledged since its last start. */
  acceptedSinceStart(): Promise<number>;
  /** The sums of the integration, once nothing is in flight. */
  sums(): Promise<{ accepted: number; delivered: number; filtered: Record<string, number> }>;
}

/** Runs `use` with a server whose one webhook is sent every event as it is; stops everything afterwards. */
export async function onTrial(use: (trial: Trial) => Promise<void>): Promise<void> {
  await using cleanUp = new AsyncDisposableStack();
  const work = await workFolder();
  cleanUp.defer(work.remove);
  const receiver = await startReceiver();
  cleanUp.defer(receiver.close);
  const config = configuration([{ name: "all", url: receiver.url }]);
  const options = { folder: work.folder, config, env: { GATEWAY_PORT: String(await freePort()) } };
  let server: SignalServer = await startSignal(options);
  cleanUp.defer(async () => void (await server.stop()));
  const events = (): JsonObject[] => receiver.requests.map(({ body }) => JSON.parse(body) as JsonObject);
  const trial: Trial = {
    gateway: server.gateway,
    async allArrived() {
      const byIndex = (): Map<number, JsonObject> => new Map(events().map((event) => [indexOf(event), event]));
      await until(
        ARRIVAL_MS,
        () => receiver.requests.length >= EVENTS && byIndex().size >= EVENTS,
        () => `${EVENTS} events; ${byIndex().size} have arrived\n${server.output().slice(-2_000)}`,
      );
      return byIndex();
    },
    async types(count) {
      await until(ARRIVAL_MS, () => receiver.requests.length >= count);
      return events()
        .map((event) => String(event["type"]))
        .toSorted();
    },
    counts: () => arrivals(receiver.requests),
    async killAndRestart() {
      await server.kill();
      server = await startSignal(options);
    },
    async acceptedSinceStart() {
      const metrics = await (await fetch(`${server.gateway}/metrics`)).text();
      return Number(/^signal_gateway_accepted_events_total (\d+)$/m.exec(metrics)?.[1]);
    },
    sums: () =>
      until(20_000, async () => {
        const { stdout } = await server.cli("status", "--json");
        const one = JSON.parse(stdout).integrations[0];
        return one?.in_flight === 0 ? one : null;
      }),
  };
  await use(trial);
}

function indexOf(event: JsonObject): number {
  const { index } = event["properties"] as JsonObject;
  assert.equal(typeof index, "number", JSON.stringify(event));
  return Number(index);
}

/** How many of the calls are made after the kill has begun, and before the server is there again. */
const MEANWHILE = 100;

/** Makes every call, a few at a time; in the middle of them the server is killed, and comes back while calls go on. */
export async function aroundKill(trial: Trial, call: (index: number) => unknown): Promise<void> {
  let back: Promise<void> = Promise.resolve();
  for (let index = 0; index < EVENTS; index += 1) {
    if (index === EVENTS / 2) back = trial.killAndRestart();
    if (index === EVENTS / 2 + MEANWHILE) await back;
    call(index);
    if (index % 10 === 9) await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Every call arrived, under one id, exactly once. */
export async function assertEachOnce(trial: Trial): Promise<Map<number, JsonObject>> {
  const byIndex = await trial.allArrived();
  const { accepted, delivered, filtered } = await trial.sums();
  assert.deepEqual({ accepted, delivered, filtered }, { accepted: EVENTS, delivered: EVENTS, filtered: {} });
  const counts = trial.counts();
  assert.equal(counts.size, EVENTS);
  assert.ok([...counts.values()].every((count) => count === 1));
  return byIndex;
}

/**
 * Every call arrived under one id, though the server was killed: what an SDK sent twice was found to be the same, and
 * only what was on its way to the vendor at that moment may have been sent to it twice. Gives the number of these.
 */
export async function assertNoneLost(trial: Trial): Promise<number> {
  await trial.allArrived();
  const { accepted, delivered, filtered } = await trial.sums();
  assert.equal(delivered, EVENTS);
  assert.equal(accepted - (filtered["duplicate"] ?? 0), EVENTS);
  const counts = trial.counts();
  assert.equal(counts.size, EVENTS);
  const since = await trial.acceptedSinceStart();
  assert.ok(since > 0, "the server was killed after all had been accepted");
  return [...counts.values()].reduce((sum, count) => sum + count - 1, 0);
}

/** The event has these fields, each exactly so, and good times. Further fields are its SDK's own. */
export function assertShape(event: JsonObject | undefined, fields: JsonObject): void {
  assert.ok(event);
  for (const [field, value] of Object.entries(fields)) assert.deepEqual(event[field], value, field);
  for (const field of ["timestamp", "receivedAt"]) assert.match(String(event[field]), ISO_TIME, field);
  for (const field of ["writeKey", "pipelineId", "request", "input"]) assert.ok(!Object.hasOwn(event, field), field);
}

const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
