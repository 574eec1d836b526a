/** Compiles a mapping (V2; V1 in `v1/`) once, into closures; the processor, the preview and the tests run the same ones. */
import { canonicalEventName, catalogueEvents } from "../event/catalogue.ts";
import { type SignalEvent } from "../event/event.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../json.ts";
import { MappingError, type CompiledMapping, type MappingFault, type MappingResult } from "./contract.ts";
import { mappingSchema } from "./document.ts";
import { compileFinder } from "./find-section.ts";
import { eventName } from "../event/event-name.ts";
import { formatPlace } from "./path.ts";
import { withReplaceBudget } from "./pattern.ts";
import { type MappingListener, type Run, type Runner } from "./run.ts";
import { checkSchema } from "./schema-check.ts";
import { asRows, compileSection, type CompiledSection, type Rows, type SectionContext } from "./section.ts";
import { readSourceText, type SourceText } from "./source-text.ts";
import { nearest } from "./suggest.ts";
import { TransformError } from "./transforms/definition.ts";
import { checkStepMapping, isStepMapping } from "./v1/document.ts";
import { compileSteps } from "./v1/compile-steps.ts";

type Place = readonly (string | number)[];

export interface MappingOptions {
  /** Pipeline parameters that are secret: a mapping that uses one has a fault. */
  secretParameters?: readonly string[];
}

/** A mapping ready for use, with what its caller must know of the document. */
export interface MappingCompilation {
  mapping: CompiledMapping;
  /** The document's view of the connection settings; no part of any payload. */
  parameters: JsonObject;
  /** Names of the pipeline parameters that rows use. */
  pipelineParameters: string[];
  /** Likely slips that are no faults: names close to known ones. */
  warnings: MappingFault[];
}

interface Found {
  place: Place;
  message: string;
  onKey?: true;
}

/** Faults in the order of the text, with positions where there was text. */
function located(found: readonly Found[], text: SourceText | undefined): MappingFault[] {
  const seen = new Set<string>();
  const faults = found.map(({ place, message, onKey }): MappingFault => {
    const position = text?.locate(place, onKey === true);
    return { path: formatPlace(place), message, ...(position && { line: position.line, column: position.column }) };
  });
  return [
    ...(text?.faults.map(({ place, message, position }) => ({ path: formatPlace(place), message, ...position })) ?? []),
    ...faults,
  ]
    .filter((fault) => {
      const key = `${fault.path}\n${fault.message}`;
      return !seen.has(key) && seen.add(key);
    })
    .toSorted((left, right) => (left.line ?? 0) - (right.line ?? 0) || (left.column ?? 0) - (right.column ?? 0));
}

const within = (place: Place, outer: Place): boolean => outer.every((part, index) => place[index] === part);

function contextOf(
  schemaFaults: readonly Found[],
  faults: Found[],
  warnings: Found[],
  options: MappingOptions & { traced: boolean },
): SectionContext {
  const broken = schemaFaults.filter(({ onKey }) => !onKey);
  return {
    traced: options.traced,
    parameters: new Set(),
    secretParameters: new Set(options.secretParameters),
    fault: (place, message, onKey) => faults.push({ place, message, ...(onKey && { onKey }) }),
    warn: (place, message) => warnings.push({ place, message }),
    sound: (place) => !broken.some((fault) => within(fault.place, place)),
  };
}

/** Two sections that the same events belong to; and names that are nearly a catalogue name. */
function checkNames(names: readonly string[], faults: Found[], warnings: Found[]): void {
  const owners = new Map<string, string>();
  const known = catalogueEvents().map(({ name }) => name);
  for (const name of names) {
    const place = ["events", name];
    if (name.trim() === "") faults.push({ place, message: "An event's name must not be empty.", onKey: true });
    const canonical = canonicalEventName(name);
    if (canonical === null) {
      const near = nearest(name, known);
      if (near !== undefined)
        warnings.push({ place, message: `The catalogue has no event ${name}. Did you mean ${near}?`, onKey: true });
      continue;
    }
    const owner = owners.get(canonical);
    if (owner !== undefined)
      faults.push({ place, message: `${name} and ${owner} are the same event (${canonical}).`, onKey: true });
    owners.set(canonical, name);
  }
}

interface Program {
  find: (event: SignalEvent) => CompiledSection | undefined;
  defaults: CompiledSection | null;
}

function compileDefaults(document: JsonObject, global: Rows, context: SectionContext): CompiledSection | null {
  const defaults = asRows(document["defaults"]);
  const action = "action" in defaults ? defaults.action : "drop";
  const hasRows = Array.isArray(defaults.mappings) && defaults.mappings.length > 0;
  if (action !== "map" && hasRows && context.sound(["defaults", "action"])) {
    context.fault(["defaults", "mappings"], "mappings under defaults need action: map.");
  }
  if (action === "drop") return null;
  return compileSection(defaults, ["defaults"], { global, passThrough: action === "pass_through", context });
}

function compileProgram(document: JsonObject, context: SectionContext): Program {
  const global = asRows(document["global"]);
  const events = isJsonObject(document["events"]) ? document["events"] : {};
  // Global rows belong to every section; compiled on their own, their faults come out also where there is none.
  compileSection({}, ["global"], { global, passThrough: false, context });
  const sections = new Map(
    Object.entries(events).map(([name, section]): [string, CompiledSection] => [
      name,
      compileSection(asRows(section), ["events", name], { global, passThrough: false, context }),
    ]),
  );
  return { find: compileFinder(sections), defaults: compileDefaults(document, global, context) };
}

function runSteps(section: CompiledSection, run: Run, listener: MappingListener | undefined): string | null {
  const { steps } = section;
  let index = 0;
  try {
    for (; index < steps.length; index += 1) {
      const step = steps[index];
      if (!step) break;
      listener?.row(step.place, step.target);
      if (!step.run(run)) return step.place;
    }
  } catch (error) {
    // A RangeError is a value nested too deeply for the transform that walks it.
    if (error instanceof TransformError || error instanceof RangeError)
      throw new MappingError(steps[index]?.place ?? section.place, error.message);
    throw error;
  }
  run.cleanups?.forEach((clean) => clean(run.payload));
  return null;
}

const stopped = (reason: Exclude<MappingResult, { kind: "mapped" }>["reason"], by: string): MappingResult => ({
  kind: "stopped",
  reason,
  by,
});

function runnerOf({ find, defaults }: Program): Runner {
  return (event, parameters, listener) => {
    const own = find(event);
    const section = own ?? defaults;
    if (!section) return stopped("mapping_default_drop", "defaults");
    if (!section.enabled) return stopped("mapping_event_disabled", section.place);
    if (section.filter && !section.filter.test(event)) return stopped("mapping_filter", `${section.place}.filter`);
    const run: Run = {
      event,
      parameters,
      payload: section.passThrough ? { ...event } : {},
      cleanups: null,
      record: listener ? (name, value) => listener.step(name, value) : null,
    };
    const missing = runSteps(section, run, listener);
    if (missing !== null) return stopped("mapping_required_missing", missing);
    return {
      kind: "mapped",
      payload: run.payload,
      vendorEventName: section.vendorEventName ?? (own ? eventName(event) : null),
    };
  };
}

const PASS_THROUGH: Runner = (event) => ({ kind: "mapped", payload: event, vendorEventName: null });

/** Compiles to the runner that listeners can follow; `traced` records the steps within rows. `text`: the source, where it was read before. */
export function compileRunner(
  source: JsonValue,
  options: MappingOptions & { traced: boolean },
  text: SourceText | undefined = typeof source === "string" ? readSourceText(source) : undefined,
): (Omit<MappingCompilation, "mapping"> & { run: Runner }) | { faults: MappingFault[]; warnings?: MappingFault[] } {
  if (source === null) return { run: PASS_THROUGH, parameters: {}, pipelineParameters: [], warnings: [] };
  if (text && text.faults.length > 0 && text.value === null) return { faults: located([], text) };
  const document = text ? text.value : source;
  if (!isJsonObject(document))
    return { faults: located([{ place: [], message: "A mapping is an object with version: 2." }], text) };
  const inSteps = isStepMapping(document);
  const schemaFaults: Found[] = inSteps ? checkStepMapping(document) : checkSchema(mappingSchema, document);
  const [faults, warnings]: [Found[], Found[]] = [[...schemaFaults], []];
  const context = contextOf(schemaFaults, faults, warnings, options);
  const run = inSteps ? compileSteps(document, context) : runnerOf(compileProgram(document, context));
  if (!inSteps && isJsonObject(document["events"])) checkNames(Object.keys(document["events"]), faults, warnings);
  const all = located(faults, text);
  const slips = located(warnings, text && { ...text, faults: [] });
  if (all.length > 0) return { faults: all, warnings: slips };
  return {
    run: (event, values, listener) => withReplaceBudget(() => run(event, values, listener)),
    parameters: isJsonObject(document["parameters"]) ? document["parameters"] : {},
    pipelineParameters: [...context.parameters].toSorted(),
    warnings: slips,
  };
}

/**
 * Compiles a mapping document: plain data, or its text as YAML or JSON (then faults carry line and column).
 * Null is the integration without a mapping: the event goes as it is. All faults come at once.
 * Payloads share what they can with the event, with the mapping and with each other: nobody may change them.
 */
export function compileMapping(
  document: JsonValue,
  options: MappingOptions = {},
): MappingCompilation | { faults: MappingFault[] } {
  const made = compileRunner(document, { ...options, traced: false });
  if ("faults" in made) return { faults: made.faults };
  const { run, ...rest } = made;
  return { ...rest, mapping: { apply: (event, parameters) => run(event, parameters) } };
}
