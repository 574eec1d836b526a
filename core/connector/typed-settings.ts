/** The type of a connector's settings, as its fields say it. */
import type { JsonObject, JsonValue } from "../json.ts";
import type { ConfigField } from "./contract.ts";

type ValueOf<Field extends ConfigField> = Field extends { options: readonly (infer Option)[] }
  ? Option
  : Field extends { number: object }
    ? number
    : Field extends { json: "object" }
      ? JsonObject
      : Field extends { json: "array" }
        ? JsonValue[]
        : string;

/** A field that is required in any case, or has a value without being given, is never undefined. */
type IsSet<Field extends ConfigField> = Field extends { unless: string }
  ? false
  : Field extends { required: true }
    ? true
    : Field extends { default: {} }
      ? true
      : false;

/**
 * Settings by the keys of the fields, secrets among them: a `select` is one of its options, `number` a number, `json` what
 * was parsed, anything else a trimmed text. What may be left out and has no default may be undefined.
 */
export type TypedSettings<Fields extends readonly ConfigField[]> = {
  [Field in Fields[number] as Field["key"]]: ValueOf<Field> | (IsSet<Field> extends true ? never : undefined);
};

/** Settings whose fields are not known to the compiler. */
export type SettingValues = Record<string, string | number | JsonObject | JsonValue[] | undefined>;
