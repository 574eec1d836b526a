/** The `pii_rules:` part of the data layer: what is hashed, taken out or looked for, and what its schema does not see. */
import Type from "typebox";
import { nearest } from "../../mapping/suggest.ts";
import type { StepFault } from "../step.ts";
import { type FieldPath, parseFieldPath } from "./field-path.ts";

const STRICT = { additionalProperties: false } as const;
const MAX_FIELDS = 500;

const detection = (what: string) =>
  Type.Optional(
    Type.Enum(["hash", "redact", "off"], { default: "off", description: `What becomes of ${what} found in any text.` }),
  );

const fields = (description: string) =>
  Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 1_000 }), { default: [], maxItems: 1_000, description }),
  );

export const PiiSection = Type.Object(
  {
    enabled: Type.Optional(Type.Boolean({ default: true, description: "false leaves every event as it is." })),
    hash_fields: fields(
      "Paths of fields that are replaced by their hash, as in traits.email or properties.items[].sku.",
    ),
    redact_fields: fields("Paths of fields that are taken out of the event."),
    hash_algorithm: Type.Optional(
      Type.Literal("sha256", { default: "sha256", description: "How values are hashed: SHA-256, in hexadecimal." }),
    ),
    salt: Type.Optional(
      Type.String({
        minLength: 16,
        maxLength: 1_000,
        description:
          "A secret that hashes are made with (HMAC), as ${ENVIRONMENT_VARIABLE}. Vendors cannot match such hashes.",
      }),
    ),
    detect: Type.Optional(
      Type.Object(
        {
          emails: detection("e-mail addresses"),
          phones: detection("international phone numbers (+44 20 7946 0958)"),
          card_numbers: detection("payment card numbers"),
        },
        { ...STRICT, description: "Personal data that is looked for in every text of an event." },
      ),
    ),
  },
  { ...STRICT, description: "Personal data that is hashed or taken out before any integration sees it." },
);

export type PiiConfig = Type.Static<typeof PiiSection>;

/** Fields that make an event an event: every part relies on them. */
export const ENVELOPE: ReadonlySet<string> = new Set([
  "type",
  "event",
  "messageId",
  "anonymousId",
  "timestamp",
  "receivedAt",
  "sentAt",
  "originalTimestamp",
  "integrations",
]);

const ROOTS = ["properties", "traits", "context", "userId", "groupId", "previousId", "name", "vendor_ids", "vendorIds"];
/** Names that mappings also read these fields by; in an event they do not exist. */
const SNAKE_CASE: Readonly<Record<string, string>> = {
  user_id: "userId",
  anonymous_id: "anonymousId",
  group_id: "groupId",
  previous_id: "previousId",
};

type List = "hash_fields" | "redact_fields";

/** All faults of the rules; paths are below `pii_rules`. */
export function piiFaults(config: PiiConfig): StepFault[] {
  const seen = new Map<string, List>();
  return [...listFaults(config, "hash_fields", seen), ...listFaults(config, "redact_fields", seen)];
}

function listFaults(config: PiiConfig, list: List, seen: Map<string, List>): StepFault[] {
  const texts = config[list] ?? [];
  const tooMany = { path: [list], message: `${list} has more than ${MAX_FIELDS} fields`, cure: "Use * for any key." };
  const faults: StepFault[] = texts.length > MAX_FIELDS ? [tooMany] : [];
  for (const [index, text] of texts.entries()) {
    const parsed = parseFieldPath(text);
    const fault = "fault" in parsed ? { message: parsed.fault, cure: PATH_CURE } : fieldFault(parsed.path, list);
    const twice = fault === null && repeated(seen.get(text), list);
    if (fault !== null) faults.push({ path: [list, index], ...fault });
    else if (twice) faults.push({ path: [list, index], ...twice });
    seen.set(text, list);
  }
  return faults;
}

type Problem = Pick<StepFault, "message" | "cure">;

const PATH_CURE = "Write keys with dots between, as in traits.email, items[].name or context.*.email.";

function repeated(before: List | undefined, list: List): Problem | false {
  if (before === undefined) return false;
  if (before === list) return { message: "this field stands twice", cure: "Remove one." };
  return { message: `this field stands in ${before} too`, cure: "Keep it in one of the two." };
}

function fieldFault(path: FieldPath, list: List): Problem | null {
  const [root, second] = path;
  if (root?.kind !== "key") return { message: "the path has no field at its start", cure: PATH_CURE };
  const { key } = root;
  if (key === "*" && !path.slice(1).some(({ kind }) => kind === "key")) {
    return { message: "* alone is the whole event", cure: "Name a field: *.email." };
  }
  if (key === "anonymousId" && path.length === 1 && list === "hash_fields") return null;
  if (ENVELOPE.has(key)) {
    return {
      message: `${key} holds the event together and cannot be ${list === "hash_fields" ? "hashed" : "taken out"}`,
      cure: key === "anonymousId" ? "Put it into hash_fields, or remove it." : "Remove it.",
    };
  }
  if (key === "context" && (second === undefined || second.kind !== "key")) {
    return { message: "context holds consent and facts that others need", cure: "Name a field in it: context.ip." };
  }
  if (key === "context" && second?.kind === "key" && second.key === "consent") {
    return { message: "consent decides what may be sent and stays as it is", cure: "Remove it." };
  }
  return key === "*" || ROOTS.includes(key) ? null : unknownRoot(key, path);
}

function unknownRoot(key: string, path: FieldPath): Problem {
  const message = `an event has no field "${key}" at its top`;
  const meant = Object.hasOwn(SNAKE_CASE, key) ? SNAKE_CASE[key] : nearest(key, [...ROOTS, "anonymousId"]);
  if (meant !== undefined) return { message, cure: `Did you mean ${meant}?` };
  const rest = path.length === 1 ? key : `${key}.…`;
  return { message, cure: `Write where it stands: traits.${rest}, properties.${rest}, or *.${rest} for any.` };
}
