/** Runs the data layer over a batch: step by step over all events, so that states and custom code are asked for once. */
import type { DataLayerStep, LayeredEvent, SignalEvent, StepVerdict, VisitorStep } from "@datafly-signal/core";
import type { StateStore, StateWrite } from "@datafly-signal/ports/state";
import { type BatchStates, readBatchStates, type Touch } from "./batch-states.ts";
import { errorKind } from "./error-kind.ts";
import { type Incoming, positionOf } from "./read-records.ts";
import { available } from "./unavailable.ts";
import { followLinks, type LinkKeys, linkKeys } from "./visitor-links.ts";

/** The data layer of a snapshot. */
export interface DataLayer {
  /** Schema, consent policy, bots, PII, geo, device. */
  before: readonly DataLayerStep[];
  /** Sessions, and the ids of identity; the links are always followed. */
  visitor: readonly VisitorStep[];
  /** What must hold of everything that the visitor's steps have added. */
  settled: readonly DataLayerStep[];
  code: CustomCode | null;
  /** Routing. */
  after: readonly DataLayerStep[];
  /** Takes personal data out of an event that a step stopped before that was done: for its trace. The event stays as it is. */
  clean(event: SignalEvent): SignalEvent;
}

/** What the operator's own code made of an event; null drops it. */
export type CodeResult = { event: SignalEvent } | null | { failed: "pass" | "drop" };

export interface CustomCode {
  /** One result for each event, in their order. It rejects when it was closed, and for nothing that an event does. */
  run(events: readonly SignalEvent[]): Promise<CodeResult[]>;
}

/** An event as it leaves the data layer: the one that came, or one that it caused. */
export interface LayerEvent {
  event: SignalEvent;
  /** The messageId of the event that caused it; null for the one that came. */
  derivedFrom: string | null;
  verdict: StepVerdict;
  /** The kind of what a step threw: the event is set aside. */
  failed: string | null;
}

export interface LayerOutput {
  /** What an event of the batch became, in the order in which it is delivered; the event itself comes last. */
  of(incoming: Incoming): readonly LayerEvent[];
  states: StateWrite[];
}

/** An event under way through the layer. */
interface Unit extends LayerEvent {
  subject: LayeredEvent;
  incoming: Incoming;
}

export interface LayerTools {
  state: StateStore;
  pipelineTypes: ReadonlyMap<string, LayeredEvent["pipelineType"]>;
}

/** @param events without duplicates; they are changed in place */
export async function runDataLayer(
  layer: DataLayer,
  events: readonly Incoming[],
  tools: LayerTools,
): Promise<LayerOutput> {
  const own = events.map((incoming) => unitOf(incoming, tools));
  for (const unit of own) runSteps(layer.before, unit);
  const states = await available("state", readBatchStates(tools.state, touchesOf(layer, own)));
  const units = own.flatMap((unit) => visit(layer.visitor, unit, states));
  for (const unit of units) runSteps(layer.settled, unit);
  if (layer.code !== null) await runCode(layer.code, units);
  for (const unit of units) runSteps(layer.after, unit);
  const byIncoming = new Map<Incoming, Unit[]>();
  for (const unit of units) {
    const siblings = byIncoming.get(unit.incoming);
    if (siblings === undefined) byIncoming.set(unit.incoming, [unit]);
    else siblings.push(unit);
  }
  return { of: (incoming) => byIncoming.get(incoming) ?? [], states: states.writes() };
}

function unitOf(incoming: Incoming, { pipelineTypes }: LayerTools): Unit {
  const { event, pipelineId, browser, input, record } = incoming;
  const pipelineType = pipelineTypes.get(pipelineId) ?? "web";
  const subject = { event, pipelineId, pipelineType, browser, input, time: record.timestamp };
  return { event, incoming, subject, derivedFrom: null, verdict: null, failed: null };
}

function goesOn({ verdict, failed }: Unit): boolean {
  return verdict === null && failed === null;
}

/** Stops at the first step that has something against the event. */
function runSteps(steps: readonly DataLayerStep[], unit: Unit): void {
  if (steps.length === 0 || !goesOn(unit)) return;
  try {
    for (const step of steps) {
      unit.verdict = step(unit.subject);
      if (unit.verdict !== null) return;
    }
  } catch (error) {
    unit.failed = errorKind(error);
  }
}

function touchesOf(layer: DataLayer, units: readonly Unit[]): Touch[] {
  const touches: Touch[] = [];
  for (const unit of units) {
    if (!goesOn(unit)) continue;
    const position = positionOf(unit.incoming);
    const { carries, makes } = keysOf(unit);
    if (carries !== undefined) touches.push({ key: carries, position });
    for (const key of makes) touches.push({ key, position });
    for (const step of layer.visitor) {
      const key = step.key(unit.subject);
      if (key !== null) touches.push({ key, position });
    }
  }
  return touches;
}

function keysOf({ event, subject }: Unit): LinkKeys {
  return linkKeys(event, subject.pipelineId);
}

/** The steps that know the visitor, then identity; an event that is caused runs through the rest of them like any other. */
function visit(steps: readonly VisitorStep[], unit: Unit, states: BatchStates): Unit[] {
  if (!goesOn(unit)) return [unit];
  const position = positionOf(unit.incoming);
  try {
    const [step, ...rest] = steps;
    if (step === undefined) {
      followLinks(unit.event, keysOf(unit), { states, position });
      return [unit];
    }
    const key = step.key(unit.subject);
    if (key === null) return visit(rest, unit, states);
    const { state, before = [] } = step.run(unit.subject, states.get(key));
    if (state !== undefined) states.set(key, state, position);
    return [...before.map((event) => derived(event, unit)), unit].flatMap((one) => visit(rest, one, states));
  } catch (error) {
    return [{ ...unit, failed: errorKind(error) }];
  }
}

function derived(event: SignalEvent, cause: Unit): Unit {
  const { incoming, subject } = cause;
  return { ...cause, event, incoming, subject: { ...subject, event }, derivedFrom: cause.event.messageId };
}

async function runCode(code: CustomCode, units: readonly Unit[]): Promise<void> {
  const going = units.filter(goesOn);
  if (going.length === 0) return;
  const results = await available("configuration", code.run(going.map(({ event }) => event)));
  going.forEach((unit, index) => {
    const result = results[index];
    if (result === undefined) return;
    if (result === null) unit.verdict = { drop: "custom_js" };
    else if ("event" in result) {
      unit.event = result.event;
      unit.subject.event = result.event;
    } else if (result.failed === "drop") unit.verdict = { drop: "custom_js_failed" };
  });
}
