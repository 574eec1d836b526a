/** Sends deliveries of a plan as the worker does: with a token, prepared for where that is asked for, halved where it must be. */
import type {
  DeliveryPlan,
  DeliveryRecord,
  PreparationFailure,
  VendorOutcome,
  VendorRequest,
  VendorResponse,
} from "@datafly-signal/core";

/** What the worker keeps of an answer. */
const ANSWER_BYTES = 65_536;
const MOST_REQUESTS = 8;

/** The last outcome of each delivery; what is to wait keeps its `retry` or `throttle`. */
export async function deliver(plan: DeliveryPlan, deliveries: readonly DeliveryRecord[]): Promise<VendorOutcome[]> {
  let token = await newToken(plan);
  const outcomes: VendorOutcome[] = [];
  const waiting = [{ indexes: [...deliveries.keys()], refreshed: false, prepared: false }];
  for (let batch = waiting.shift(); batch !== undefined; batch = waiting.shift()) {
    const { indexes, refreshed, prepared } = batch;
    const sent = await sendOnce(
      plan,
      indexes.flatMap((index) => deliveries[index] ?? []),
      token,
    );
    sent.forEach((outcome, at) => (outcomes[indexes[at] ?? -1] = outcome));
    const like = (kind: VendorOutcome["kind"]): number[] => indexes.filter((index) => outcomes[index]?.kind === kind);
    const halved = like("reject").filter((index) => "bisect" in (outcomes[index] ?? {}) && indexes.length > 1);
    const middle = Math.ceil(halved.length / 2);
    for (const half of [halved.slice(0, middle), halved.slice(middle)])
      if (half.length > 0) waiting.push({ indexes: half, refreshed: false, prepared });
    const renewed = refreshed ? [] : like("refresh");
    if (renewed.length > 0) {
      token = await newToken(plan);
      waiting.push({ indexes: renewed, refreshed: true, prepared });
    }
    const lacking = prepared ? [] : like("prepare");
    if (lacking.length === 0) continue;
    const failure = await prepare(plan, token);
    if (failure === null) waiting.push({ indexes: lacking, refreshed, prepared: true });
    else for (const index of lacking) outcomes[index] = failure;
  }
  return outcomes;
}

export async function newToken({ token }: DeliveryPlan): Promise<string> {
  if (token === undefined) throw new Error("the plan has no token");
  const now = Date.now();
  const read = token.read(await send(await token.request(now)), now);
  if ("token" in read) return read.token;
  throw new Error(`no token: ${read.reason}`);
}

export async function send({ method, url, headers, body }: VendorRequest): Promise<VendorResponse> {
  const response = await fetch(url, { method, headers, ...(body !== null && { body: String(body) }) });
  const text = await response.text();
  return { status: response.status, headers: Object.fromEntries(response.headers), body: text.slice(0, ANSWER_BYTES) };
}

async function sendOnce(plan: DeliveryPlan, deliveries: DeliveryRecord[], token: string): Promise<VendorOutcome[]> {
  const { requests, refused } = plan.build(deliveries, { now: Date.now(), batchId: "batch-1", token });
  const outcomes: VendorOutcome[] = [];
  for (const { index, reason } of refused) outcomes[index] = { kind: "reject", reason };
  for (const request of requests) {
    const made = plan.classify(await send(request), request, { now: Date.now() });
    request.covers.forEach((index, at) => {
      const outcome = made[at];
      if (outcome !== undefined) outcomes[index] = outcome;
    });
  }
  return outcomes;
}

async function prepare({ preparation }: DeliveryPlan, token: string): Promise<PreparationFailure | null> {
  if (preparation === undefined) throw new Error("the plan has no preparation");
  const answers: VendorResponse[] = [];
  while (answers.length <= MOST_REQUESTS) {
    const step = preparation.next(answers, { now: Date.now(), token });
    if ("ready" in step) return null;
    if ("kind" in step) return step;
    answers.push(await send(step.send));
  }
  throw new Error("the preparation does not come to an end");
}
