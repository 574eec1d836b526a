/** Plays a connector against its vendor's simulator: blueprint, requests, the vendor's answers, and what the worker makes of them. */
import {
  type Blueprint,
  catalogueEvents,
  type ConnectionSettings,
  type DeliveryRecord,
  type JsonObject,
  type VendorOutcome,
  type VendorRequest,
  type VendorResponse,
} from "@datafly-signal/core";
import { CASE_NOW } from "@datafly-signal/connectors/contract-case";
import {
  blueprintEvents,
  type BlueprintRun,
  mappedEvent,
  openRun,
  requiredEvent,
  wholeEvent,
} from "@datafly-signal/connectors/golden-case";
import { loadConnectors } from "@datafly-signal/connectors";
import { loadSimulators } from "./index.ts";
import { simulatedRequest } from "./simulated-request.ts";
import { type SettledBatch, settleBatch } from "./settle-batch.ts";
import { readAnswer, type VendorSimulator } from "./simulator.ts";
import type { World } from "./world.ts";

export interface Rig extends BlueprintRun {
  blueprint: string;
  simulator: VendorSimulator;
  /** Its clock stands at the time of the samples unless `now` says otherwise. */
  world: World;
  /** Each event of the blueprint: with all fields and with no more than the vendor needs, in GA4's words and in Segment's. */
  samples(): RigSample[];
  /** The delivery of an event; throws where mapping or schema refuse it. */
  delivery(given: JsonObject, index?: number): DeliveryRecord;
  /** Sends these deliveries as one batch, once. */
  send(deliveries: readonly DeliveryRecord[]): Promise<RigBatch>;
  /** Sends them as the worker does: a refused batch again in halves until the bad event stands alone, a refused token once renewed. */
  settle(deliveries: readonly DeliveryRecord[]): Promise<SettledBatch>;
}

export interface RigOptions {
  /** Of the blueprint; "default" unless said. */
  blueprint?: string;
  settings: Partial<ConnectionSettings>;
  /** The vendor's clock, epoch milliseconds. */
  now?: () => number;
}

export interface RigSample {
  /** As in `purchase (Order Completed, all)`. */
  title: string;
  event: string;
  fields: "all" | "required";
  given: JsonObject;
}

interface RigExchange {
  request: VendorRequest;
  /** Status 0 where the vendor stayed silent. */
  response: VendorResponse;
  /** In the order of `request.covers`. */
  outcomes: VendorOutcome[];
}

interface RigBatch {
  exchanges: RigExchange[];
  /** One for each delivery: what its request came to, the heaviest where there are several; a refusal by the connector is a reject. */
  outcomes: VendorOutcome[];
}

const WEIGHT = ["delivered", "refresh", "prepare", "retry", "throttle", "reject", "misconfigured"];
/** What the worker keeps of an answer. */
const ANSWER_BYTES = 65_536;

/** @param key of the connector and of the simulator. Throws where settings or blueprint are at fault. */
export async function openRig(key: string, { blueprint = "default", settings, now }: RigOptions): Promise<Rig> {
  const connector = (await loadConnectors(undefined, [key])).get(key);
  const [simulator] = await loadSimulators([key]);
  const chosen = connector?.blueprints?.find((one) => one.key === blueprint);
  if (connector === undefined || simulator === undefined || chosen === undefined)
    throw new Error(`${key} has no connector, no simulator or no blueprint "${blueprint}"`);
  const run = openRun(connector, chosen, settings);
  const world = simulator.newWorld(now ?? (() => CASE_NOW));
  let samples: RigSample[] | undefined;
  const send: Rig["send"] = (deliveries) => sendBatch(run, { simulator, world }, deliveries);
  return {
    ...run,
    blueprint,
    simulator,
    world,
    samples: () => (samples ??= samplesOf(run, chosen)),
    delivery(given, index) {
      const made = mappedEvent(run, given, index);
      if ("fault" in made) throw new Error(made.fault);
      return made;
    },
    send,
    settle: (deliveries) => settleBatch(send, deliveries),
  };
}

function samplesOf(run: BlueprintRun, blueprint: Blueprint): RigSample[] {
  return blueprintEvents(blueprint).flatMap((event) =>
    spellings(event).flatMap((name) => {
      const all = wholeEvent(name, blueprint);
      const given = { all, required: requiredEvent(run, all) };
      return (["all", "required"] as const).map((fields) => {
        return { title: `${event} (${name}, ${fields})`, event, fields, given: given[fields] };
      });
    }),
  );
}

/** The catalogue's name and the first one in Title Case. */
function spellings(event: string): string[] {
  const aliases = catalogueEvents().find(({ name }) => name === event)?.aliases ?? [];
  return [event, ...aliases.slice(0, 1)];
}

async function sendBatch(
  { plan }: BlueprintRun,
  { simulator, world }: Pick<Rig, "simulator" | "world">,
  deliveries: readonly DeliveryRecord[],
): Promise<RigBatch> {
  const ask = (request: VendorRequest): VendorResponse => {
    const { status, headers, body } = readAnswer(simulator.handle(simulatedRequest(request, world.now()), world));
    return { status, headers, body: body.slice(0, ANSWER_BYTES) };
  };
  const outcomes = deliveries.map((): VendorOutcome | null => null);
  const note = (index: number, outcome: VendorOutcome): void => {
    const before = outcomes[index] ?? null;
    if (before === null || WEIGHT.indexOf(outcome.kind) > WEIGHT.indexOf(before.kind)) outcomes[index] = outcome;
  };
  const token = plan.token?.read(ask(await plan.token.request(world.now())), world.now());
  if (token !== undefined && !("token" in token)) return { exchanges: [], outcomes: deliveries.map(() => token) };
  const batchId = deliveries.map(({ deliveryId }) => deliveryId).join();
  const built = plan.build(deliveries, { now: world.now(), batchId, ...(token && { token: token.token }) });
  for (const { index, reason } of built.refused) note(index, { kind: "reject", reason });
  const exchanges = built.requests.map((request): RigExchange => {
    const response = ask(request);
    const silent: VendorOutcome = { kind: "retry", reason: "The vendor did not answer." };
    const made =
      response.status === 0 ? request.covers.map(() => silent) : plan.classify(response, request, { now: world.now() });
    request.covers.forEach((index, at) => note(index, made[at] ?? silent));
    return { request, response, outcomes: made };
  });
  return {
    exchanges,
    outcomes: outcomes.map((one) => one ?? { kind: "reject", reason: "No request was made of it." }),
  };
}
