/** Compiles the steps of a V1 mapping into the same kind of runner that V2 has. */
import { isJsonObject, type JsonObject, type JsonValue } from "../../json.ts";
import { MappingError, type MappingStop } from "../contract.ts";
import { formatPlace } from "../path.ts";
import { type MappingListener, type Runner } from "../run.ts";
import { Written, type SectionContext } from "../section.ts";
import { TransformError } from "../transforms/definition.ts";
import { type MappingStep, type StepOf } from "./document.ts";
import { compileComputed, compileFieldTransforms, compileMapSource, compileOnWork, compileStatic } from "./fields.ts";
import { compileTarget, type Scope } from "./location.ts";
import { Trace, type RecordStep } from "./trace.ts";
import { compileChange, type Work } from "./work.ts";
import { compileWriting, disjoint, remember, type Body } from "./writing.ts";

type Place = readonly (string | number)[];

interface CompiledStep {
  place: string;
  onError: "skip" | "drop" | "fail";
  body: Body;
}

function compileTransformStep(step: StepOf<"transform">, place: Place, scope: Scope): Body {
  const check = disjoint(scope);
  const changes = Object.entries(step.fields).flatMap(([target, spec]) => {
    const at = [...place, "fields", target];
    const location = compileTarget(target, at, { scope, step: "transform" });
    const transforms = scope.context.sound(at) ? compileFieldTransforms(spec, at, scope) : [];
    if (!location) return [];
    check(location, at);
    const change = compileChange(location);
    const run = (work: Work, record: RecordStep): void =>
      change(work, (value) => {
        record?.("field", value);
        return transforms.reduce((before, { name, apply }) => {
          const after = apply(before) ?? undefined;
          record?.(name, after);
          return after;
        }, value);
      });
    return [{ place: formatPlace(at), target, location, run }];
  });
  for (const { location } of changes) remember(location, scope);
  return (work, trace) => {
    for (const { place: at, target, run } of changes) run(work, trace.row(at, target));
    return null;
  };
}

function compileFilter(step: StepOf<"filter">, place: Place, scope: Scope): Body {
  const at = [...place, "condition"];
  const condition = scope.context.sound(at) ? compileOnWork(step.condition, at, scope) : undefined;
  const by = formatPlace(at);
  return (work, trace) => {
    const holds = condition?.test(work) === true;
    trace.row(by, "")?.("condition", holds);
    return holds ? null : { reason: "mapping_filter", by };
  };
}

function compileBody(step: MappingStep, place: Place, scope: Scope): Body {
  const fields = <F>(one: { fields: F }) => ({ entries: one.fields, place: [...place, "fields"] });
  switch (step.type) {
    case "map": {
      const onMissing = step.on_missing === undefined ? "skip" : (step.on_missing ?? "null");
      const entries = { entries: step.mappings, place: [...place, "mappings"] };
      return compileWriting({ step: "map", ...entries, onMissing, compile: compileMapSource }, scope);
    }
    case "filter":
      return compileFilter(step, place, scope);
    case "transform":
      return compileTransformStep(step, place, scope);
    case "enrich":
      return compileWriting({ step: "enrich", ...fields(step), onMissing: "keep", compile: compileStatic }, scope);
    case "compute":
      return compileWriting({ step: "compute", ...fields(step), onMissing: "skip", compile: compileComputed }, scope);
  }
}

/** Runs a step; one that cannot work on a value leaves everything as it was. */
function runStep({ place, onError, body }: CompiledStep, work: Work, listener?: MappingListener): MappingStop | null {
  const { event, payload } = work;
  const trace = new Trace(place, listener !== undefined);
  try {
    return body(work, trace);
  } catch (error) {
    // A RangeError is a value nested too deeply for what walks it.
    if (!(error instanceof TransformError || error instanceof RangeError)) throw error;
    if (onError === "fail") throw new MappingError(trace.place, error.message);
    if (onError === "drop") return { reason: "mapping_step_dropped", by: trace.place };
    work.event = event;
    work.payload = payload;
    trace.row(place, "")?.("skipped", error.message);
    return null;
  } finally {
    if (listener) trace.tell(listener);
  }
}

/** A step that can be compiled; what is wrong with others the check of the document has told. */
function readableStep(step: JsonValue): MappingStep | undefined {
  if (!isJsonObject(step)) return undefined;
  const { type, mappings, fields, condition } = step;
  const readable =
    (type === "map" && isJsonObject(mappings)) ||
    (type === "filter" && typeof condition === "string") ||
    ((type === "transform" || type === "enrich" || type === "compute") && isJsonObject(fields));
  return readable ? (step as unknown as MappingStep) : undefined;
}

/** Compiles a document that `checkStepMapping` has seen; faults go to the context. */
export function compileSteps(document: JsonObject, context: SectionContext): Runner {
  const steps = Array.isArray(document["steps"]) ? document["steps"] : [];
  const passThrough = !steps.some((step) => isJsonObject(step) && step["type"] === "map");
  const scope: Scope = {
    context,
    passThrough,
    roots: new Set(),
    here: new Set(),
    unsure: false,
    written: new Written(),
  };
  const compiled = steps.flatMap((one, index): CompiledStep[] => {
    const place = ["steps", index];
    const step = readableStep(one);
    if (!step) {
      scope.unsure = true;
      return [];
    }
    return [{ place: formatPlace(place), onError: step.on_error ?? "skip", body: compileBody(step, place, scope) }];
  });
  return (event, parameters, listener) => {
    const work: Work = { event, payload: {}, parameters, copied: 0 };
    for (const step of compiled) {
      const stop = runStep(step, work, listener);
      if (stop) return { kind: "stopped", ...stop };
    }
    return { kind: "mapped", payload: passThrough ? work.event : work.payload, vendorEventName: null };
  };
}
