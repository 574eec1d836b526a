/** The `consent:` part of the organisation: what codes mean, what holds without consent, and the policy. */
import Type from "typebox";
import {
  CONSENT_PURPOSES,
  type ConsentMapping,
  DEFAULT_CONSENT_MAPPING,
  RESERVED_CONSENT_NAMES,
} from "../../event/consent.ts";
import type { StepFault } from "../step.ts";

const STRICT = { additionalProperties: false } as const;
const CATEGORY = /^[A-Za-z0-9_.-]{1,64}$/;
const MAX_CODES = 1_000;
const MAX_CODE = 128;
const MAX_CATEGORIES = 100;
/** In the mapping: the code stands for no purpose, against the defaults. */
const NO_PURPOSE = "none";

export const ConsentSection = Type.Object(
  {
    mapping: Type.Optional(
      Type.Record(Type.String(), Type.Enum([...CONSENT_PURPOSES, NO_PURPOSE]), {
        default: {},
        description:
          "The purpose that each category code of the consent platform stands for, beside the known codes of Cookiebot, OneTrust and IAB TCF; none takes a known one away. Upper and lower case are equal.",
      }),
    ),
    default_policy: Type.Optional(
      Type.Record(Type.String(), Type.Boolean(), {
        default: {},
        description: "What counts as granted and refused for an event that says nothing of consent, by category.",
      }),
    ),
    policy: Type.Optional(
      Type.Object(
        {
          required: Type.Optional(
            Type.Array(Type.String({ pattern: CATEGORY.source }), {
              default: [],
              maxItems: 100,
              description: "Categories that the visitor must have granted, all of them.",
            }),
          ),
          action: Type.Optional(
            Type.Enum(["allow", "drop", "strip"], {
              default: "allow",
              description:
                "What becomes of an event without them: allow leaves it to the integrations' consent_categories, drop sends it nowhere, strip takes personal data out.",
            }),
          ),
          pipeline_types: Type.Optional(
            Type.Array(Type.Enum(["web", "app", "server"]), {
              maxItems: 3,
              default: ["web", "app", "server"],
              description: "The types of pipelines whose events it is asked of.",
            }),
          ),
        },
        {
          ...STRICT,
          description: "What is done with events of visitors who have not consented, before any integration.",
        },
      ),
    ),
    tcf_vendors: Type.Optional(
      Type.Array(Type.Integer({ minimum: 1, maximum: 65_535 }), {
        maxItems: 5_000,
        description:
          "The IAB vendors, by number, whose consent is kept in context.tcf_decoded.vendors; all of them when left out.",
      }),
    ),
  },
  { ...STRICT, description: "Consent of visitors: what codes mean, what holds without consent, and the policy." },
);

export type ConsentConfig = Type.Static<typeof ConsentSection>;

/** All faults of the section; paths are below `consent`. */
export function consentFaults(config: ConsentConfig): StepFault[] {
  return [...mappingFaults(config), ...defaultFaults(config), ...policyFaults(config)];
}

function mappingFaults({ mapping = {} }: ConsentConfig): StepFault[] {
  const codes = Object.keys(mapping);
  const faults: StepFault[] = [];
  if (codes.length > MAX_CODES) {
    faults.push({ path: ["mapping"], message: `mapping has more than ${MAX_CODES} codes`, cure: "Keep those in use." });
  }
  const seen = new Map<string, string>();
  for (const code of codes) {
    const path = ["mapping", code];
    const before = seen.get(code.toLowerCase());
    if (code.trim() === "" || code.length > MAX_CODE) {
      faults.push({ path, message: `a code has 1 to ${MAX_CODE} characters`, cure: "Write it as events carry it." });
    } else if (before !== undefined) {
      faults.push({
        path,
        message: `the code stands twice, also as ${before}`,
        cure: "Remove one: case makes no difference.",
      });
    }
    seen.set(code.toLowerCase(), code);
  }
  return faults;
}

function defaultFaults({ default_policy = {} }: ConsentConfig): StepFault[] {
  const categories = Object.keys(default_policy);
  const faults: StepFault[] = [];
  if (categories.length > MAX_CATEGORIES) {
    const message = `default_policy has more than ${MAX_CATEGORIES} categories`;
    faults.push({ path: ["default_policy"], message, cure: "Keep those in use." });
  }
  for (const category of categories) {
    const path = ["default_policy", category];
    if (!CATEGORY.test(category) || RESERVED_CONSENT_NAMES.has(category)) {
      faults.push({
        path,
        message: "this is not a consent category",
        cure: "Write one such as analytics or marketing.",
      });
    } else if (category === "essential" && default_policy[category] === false) {
      faults.push({ path, message: "what is essential is always granted", cure: "Remove it." });
    }
  }
  return faults;
}

function policyFaults({ policy }: ConsentConfig): StepFault[] {
  if (policy === undefined) return [];
  const { required = [], action = "allow", pipeline_types } = policy;
  const faults: StepFault[] = [];
  const acts = action !== "allow";
  if (acts && required.length === 0) {
    const message = `action is ${action}, but no category is required`;
    faults.push({ path: ["policy"], message, cure: "Add required: [analytics], or whichever must be granted." });
  }
  if (acts && pipeline_types?.length === 0) {
    const message = "pipeline_types is empty, so the policy is asked of no event";
    faults.push({ path: ["policy", "pipeline_types"], message, cure: "Name web, app or server, or remove the key." });
  }
  for (const [index, category] of required.entries()) {
    const path = ["policy", "required", index];
    if (RESERVED_CONSENT_NAMES.has(category)) {
      faults.push({
        path,
        message: "this is not a consent category",
        cure: "Write one such as analytics or marketing.",
      });
    } else if (required.indexOf(category) !== index) {
      faults.push({ path, message: "this category stands twice", cure: "Remove one." });
    }
  }
  return faults;
}

/** The organisation's codes laid over the known ones. */
export function consentMapping({ mapping = {} }: ConsentConfig): ConsentMapping {
  const merged = new Map(DEFAULT_CONSENT_MAPPING);
  for (const [code, purpose] of Object.entries(mapping)) {
    const known = CONSENT_PURPOSES.find((name) => name === purpose);
    if (known === undefined) merged.delete(code.toLowerCase());
    else merged.set(code.toLowerCase(), known);
  }
  return merged;
}
