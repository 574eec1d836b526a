/** The step that holds events against their schemas. */
import { canonicalEventName } from "../../event/catalogue.ts";
import type { SignalEvent } from "../../event/event.ts";
import { isJsonObject, type JsonObject } from "../../json.ts";
import type { DataLayerStep, StepVerdict } from "../step.ts";
import type { SchemaEntry, SchemasConfig } from "./schema-config.ts";
import { createCompiler, MAX_VIOLATIONS, type Validator, type Violations } from "./validator.ts";

/** What an event that goes on carries in `context` when it violates a schema. */
const NOTE = "schema_violations";
const DROPPED: StepVerdict = { drop: "schema_dropped" };

interface Rule {
  name: string;
  canonical: string | null;
  type: SchemaEntry["type"];
  part: Exclude<SchemaEntry["part"], undefined>;
  action: Exclude<SchemaEntry["on_violation"], undefined>;
  validate: Validator;
}

/** The step of sound schemas (`schemasFaults` found none); null without any. */
export function compileSchemas(config: SchemasConfig | undefined): DataLayerStep | null {
  if (config === undefined || config.length === 0) return null;
  const compile = createCompiler();
  const rulesOf = compileFinder(config.map((entry) => ruleOf(entry, compile)));
  return ({ event }) => {
    const { context } = event;
    // A client's word under this name is not kept: it says what was found here.
    if (Object.hasOwn(context, NOTE)) delete context[NOTE];
    let warned: Violations | null = null;
    for (const { part, action, validate } of rulesOf(event)) {
      const violations = validate(part === "event" ? event : (event[part] ?? {}));
      if (violations === null) continue;
      if (action === "drop") return DROPPED;
      if (action === "quarantine") return { reject: "schema_validation_failed", details: detailsOf(violations) };
      warned = warned === null ? violations : together(warned, violations);
    }
    if (warned !== null) context[NOTE] = { count: warned.count, faults: [...warned.texts] };
    return null;
  };
}

function ruleOf(entry: SchemaEntry, compile: (schema: JsonObject, place: string) => Validator): Rule {
  const { event: name, type, part = "event", on_violation = "quarantine", schema } = entry;
  const sound = isJsonObject(schema) ? schema : {};
  const validate = compile(sound, part === "event" ? "" : part);
  return { name, canonical: canonicalEventName(name), type, part, action: on_violation, validate };
}

function together(one: Violations, other: Violations): Violations {
  const texts = [...new Set([...one.texts, ...other.texts])].slice(0, MAX_VIOLATIONS);
  return { texts, count: one.count + other.count };
}

function detailsOf({ texts, count }: Violations): string {
  const more = count - texts.length;
  return more > 0 ? `${texts.join(" ")} And ${more} more.` : texts.join(" ");
}

/** Names come from senders without limit; the memory of how they were resolved has one. */
const REMEMBERED = 1_000;
const MAX_REMEMBERED_NAME = 255;

/** The rules of an event, in the order of the file. */
function compileFinder(rules: readonly Rule[]): (event: SignalEvent) => readonly Rule[] {
  const remembered = new Map<string, readonly Rule[]>();
  return (event) => {
    const name = ownName(event);
    const key = `${event.type}:${name}`;
    const known = remembered.get(key);
    if (known !== undefined) return known;
    const found = rules.filter((rule) => concerns(rule, event.type, name));
    if (remembered.size >= REMEMBERED) remembered.clear();
    if (name.length <= MAX_REMEMBERED_NAME) remembered.set(key, found);
    return found;
  };
}

/** The name of a track or of a page. */
function ownName(event: SignalEvent): string {
  const name = event.type === "track" ? event["event"] : event.type === "page" ? event["name"] : undefined;
  return typeof name === "string" ? name : "";
}

function concerns(rule: Rule, type: SignalEvent["type"], name: string): boolean {
  if (rule.type !== undefined && rule.type !== type) return false;
  if (rule.name === "*") return true;
  if (type === "identify" || type === "group") return rule.name === type;
  const canonical = type === "page" ? "page_view" : canonicalEventName(name);
  if (canonical !== null && rule.canonical === canonical) return true;
  return rule.name === (type === "page" ? `page:${name}` : name);
}
