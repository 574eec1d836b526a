/** The data layer as a whole: its part of `signal.yaml`, what is wrong with it, and its steps in their order. */
import Type from "typebox";
import { type BotFilteringConfig, BotFilteringSection, botFaults, compileBots } from "./bots/bots.ts";
import { compileConsent } from "./consent/consent-step.ts";
import { type ConsentConfig, ConsentSection, consentFaults } from "./consent/consent-config.ts";
import { type CustomCodeConfig, CustomCodeSection } from "./custom-code/custom-code.ts";
import { compileDevice, DeviceSection } from "./device/device.ts";
import { compileGeo, GeoSection, type Locate } from "./geo/geo.ts";
import { compileIdentity, IdentitySection } from "./identity/identity.ts";
import { type PiiConfig, piiFaults, PiiSection } from "./pii/pii-config.ts";
import { compileFieldRules, compilePii } from "./pii/pii-step.ts";
import { compileRouting, type RoutingRulesConfig, routingFaults, RoutingSection } from "./routing/routing.ts";
import { type SchemasConfig, schemasFaults, SchemasSection } from "./schema/schema-config.ts";
import { compileSchemas } from "./schema/schema-step.ts";
import { compileSessions, SessionSection } from "./sessions/sessions.ts";
import type { DataLayerStep, StepFault, VisitorStep } from "./step.ts";
import { compileTraceCleaner } from "./trace-cleaner.ts";
import type { SignalEvent } from "../event/event.ts";

const STRICT = { additionalProperties: false } as const;

export const DataLayerSection = Type.Object(
  {
    schemas: Type.Optional(SchemasSection),
    bot_filtering: Type.Optional(BotFilteringSection),
    pii_rules: Type.Optional(PiiSection),
    geo: Type.Optional(GeoSection),
    device: Type.Optional(DeviceSection),
    session: Type.Optional(SessionSection),
    identity: Type.Optional(IdentitySection),
    custom_js: Type.Optional(CustomCodeSection),
    routing_rules: Type.Optional(RoutingSection),
  },
  {
    ...STRICT,
    description:
      "What happens to every event before any integration: a part that stands here is on, the others are off.",
  },
);

export const OrganisationSection = Type.Object(
  { consent: Type.Optional(ConsentSection) },
  { ...STRICT, description: "What holds for all pipelines." },
);

export type DataLayerConfig = Type.Static<typeof DataLayerSection>;
export type OrganisationConfig = Type.Static<typeof OrganisationSection>;

/** Everything that the schemas do not see; paths begin at the section's name. */
export function dataLayerFaults(config: {
  data_layer?: DataLayerConfig;
  organisation?: OrganisationConfig;
}): StepFault[] {
  const { schemas, bot_filtering: bots, pii_rules: pii, routing_rules: routing } = config.data_layer ?? {};
  const consent = config.organisation?.consent;
  const found: [path: string[], faults: StepFault[]][] = [
    [["data_layer", "schemas"], schemas === undefined ? [] : schemasFaults(schemas as SchemasConfig)],
    [["data_layer", "bot_filtering"], bots === undefined ? [] : botFaults(bots as BotFilteringConfig)],
    [["data_layer", "pii_rules"], pii === undefined ? [] : piiFaults(pii as PiiConfig)],
    [["data_layer", "routing_rules"], routing === undefined ? [] : routingFaults(routing as RoutingRulesConfig)],
    [["organisation", "consent"], consent === undefined ? [] : consentFaults(consent as ConsentConfig)],
  ];
  return found.flatMap(([path, faults]) => faults.map((fault) => ({ ...fault, path: [...path, ...fault.path] })));
}

/** The steps of a data layer in their order; custom code runs between the visitor's steps and the last ones. */
export interface CompiledDataLayer {
  before: DataLayerStep[];
  visitor: VisitorStep[];
  /** The rules on fields once more, for what the visitor's steps have added. */
  settled: DataLayerStep[];
  code: { code: string; onError: "pass" | "drop" } | null;
  after: DataLayerStep[];
  /** A copy of an event without personal data, for the trace of what a step stopped early. */
  clean(event: SignalEvent): SignalEvent;
}

/**
 * Compiles a checked configuration: schema, consent, bots, PII, geo, device; sessions, ids; code; routing.
 * @param tools.locate looks addresses up in the operator's file; null when there is none that can be read
 */
export function compileDataLayer(
  { data_layer: layer = {}, organisation = {} }: { data_layer?: DataLayerConfig; organisation?: OrganisationConfig },
  tools: { locate: Locate | null },
): CompiledDataLayer {
  const before = [
    compileSchemas(layer.schemas),
    compileConsent(organisation.consent, layer.pii_rules),
    compileBots(layer.bot_filtering),
    compilePii(layer.pii_rules),
    compileGeo(layer.geo, tools.locate),
    compileDevice(layer.device),
  ];
  const visitor = [compileSessions(layer.session), compileIdentity(layer.identity)];
  const again = compileFieldRules(layer.pii_rules);
  const settled: DataLayerStep[] =
    again === null
      ? []
      : [
          ({ event }) => {
            again(event);
            return null;
          },
        ];
  return {
    before: before.filter((step) => step !== null),
    visitor: visitor.filter((step) => step !== null),
    settled,
    code: codeOf(layer.custom_js),
    clean: compileTraceCleaner({ data_layer: layer, organisation }),
    after: [compileRouting(layer.routing_rules)].filter((step) => step !== null),
  };
}

function codeOf(config: CustomCodeConfig | undefined): CompiledDataLayer["code"] {
  if (config === undefined || config.enabled === false) return null;
  return { code: config.code, onError: config.on_error ?? "pass" };
}
