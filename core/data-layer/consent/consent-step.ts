/** The step that brings consent into one shape, fills it in where there is none, and holds events to the policy. */
import { liftConsent } from "../../event/consent.ts";
import type { SignalEvent } from "../../event/event.ts";
import { consentGranted } from "../../delivery/consent-gate.ts";
import { isJsonObject, type JsonObject } from "../../json.ts";
import type { PiiConfig } from "../pii/pii-config.ts";
import type { DataLayerStep, LayeredEvent, StepVerdict } from "../step.ts";
import { type ConsentConfig, consentMapping } from "./consent-config.ts";
import { deriveBeside, flatCategories } from "./consent-mode.ts";
import { compileStrip } from "./strip.ts";
import { compileTcfDecoder, decodedView, findTcString, type TcfConsent } from "./tcf.ts";

/** What this step alone says of an event; a client's word under these names is not kept. */
const OWN_NOTES = ["consent_policy", "tcf_decoded"] as const;
const DROPPED: StepVerdict = { drop: "consent_policy" };

/**
 * The step of a sound section (`consentFaults` found none), or of none: consent is brought into shape in any case.
 * `pii` are the fields that strip takes out beside its own.
 */
export function compileConsent(config: ConsentConfig | undefined, pii: PiiConfig | undefined): DataLayerStep {
  const shape = compileShape(config ?? {});
  const hold = compilePolicy(config?.policy, pii);
  return (subject) => {
    const { context } = subject.event;
    shape(context);
    return hold === null ? null : hold(subject);
  };
}

/**
 * Whether the policy, whatever its action, denies an event that may have passed this step or not. The event stays as it
 * is. Null when no policy denies anything.
 */
export function compileDenied(config: ConsentConfig | undefined): ((event: SignalEvent) => boolean) | null {
  const { required = [], action = "allow" } = config?.policy ?? {};
  if (action === "allow" || required.length === 0) return null;
  const shape = compileShape(config ?? {});
  return ({ context: { consent } }) => {
    const context: JsonObject = consent === undefined ? {} : { consent: structuredClone(consent) };
    shape(context);
    const shaped = context["consent"];
    return !consentGranted(isJsonObject(shaped) ? shaped : null, required);
  };
}

/** Fills in and lifts, in place. */
function compileShape(config: ConsentConfig): (context: JsonObject) => void {
  const mapping = consentMapping(config);
  const decode = compileTcfDecoder(config.tcf_vendors);
  const defaults = Object.entries(config.default_policy ?? {});
  return (context) => {
    for (const name of OWN_NOTES) if (Object.hasOwn(context, name)) delete context[name];
    const { consent } = context;
    if (isAbsent(consent)) {
      if (defaults.length === 0) return;
      context["consent"] = Object.fromEntries(defaults);
      note(context, "defaulted");
    }
    const object = context["consent"];
    if (!isJsonObject(object)) return;
    const tcf = decoded(context, object, decode);
    const said = saidCategories(object, tcf);
    liftConsent(context, mapping, tcf?.purposes);
    // A client that names its categories one by one means marketing alone; defaults are the organisation's own words.
    if (object !== consent && Object.hasOwn(object, "marketing") && !Object.hasOwn(object, "advertising")) {
      object["advertising"] = object["marketing"] === true;
    }
    deriveBeside(object, said);
  };
}

/** No consent was said at all: what cannot be read was said, and grants nothing. */
function isAbsent(consent: JsonObject[string] | undefined): boolean {
  if (consent === undefined || consent === null) return true;
  return isJsonObject(consent) && Object.keys(consent).length === 0;
}

/** The TC string's consent, written beside as `tcf_decoded`; one that cannot be read is marked there and ignored. */
function decoded(
  context: JsonObject,
  consent: JsonObject,
  decode: (text: string) => TcfConsent | null,
): TcfConsent | undefined {
  const text = findTcString(consent);
  if (text === undefined) return undefined;
  const tcf = decode(text);
  context["tcf_decoded"] = decodedView(tcf);
  return tcf ?? undefined;
}

function saidCategories(consent: JsonObject, tcf: TcfConsent | undefined): JsonObject | undefined {
  if (Object.hasOwn(consent, "categories")) return undefined;
  const { categoryPreferences } = consent;
  if (isJsonObject(categoryPreferences)) return { ...categoryPreferences };
  return tcf === undefined ? flatCategories(consent) : { ...tcf.purposes };
}

function compilePolicy(
  policy: ConsentConfig["policy"],
  pii: PiiConfig | undefined,
): ((subject: LayeredEvent) => StepVerdict) | null {
  const { required = [], action = "allow", pipeline_types } = policy ?? {};
  if (action === "allow" || required.length === 0) return null;
  const types = new Set<string>(pipeline_types ?? ["web", "app", "server"]);
  const strip = action === "strip" ? compileStrip(pii) : null;
  return ({ event, pipelineType }) => {
    const { consent } = event.context;
    const known = isJsonObject(consent) ? consent : null;
    if (!types.has(pipelineType) || consentGranted(known, required)) return null;
    if (strip === null) return DROPPED;
    strip(event);
    note(event.context, "stripped");
    return null;
  };
}

/** Says on the event what was done to it. */
function note(context: JsonObject, what: "defaulted" | "stripped"): void {
  const before = context["consent_policy"];
  context["consent_policy"] = { ...(isJsonObject(before) ? before : {}), [what]: true };
}
