/** The parts that the schemas of the delivery spec share. */
import Type from "typebox";
import { HEADER_NAME } from "./header-names.ts";

export const STRICT = { additionalProperties: false } as const;

/** A text with placeholders. */
export const Template = (description: string) => Type.String({ maxLength: 10_000, description });

export const Method = Type.Enum(["GET", "POST", "PUT", "PATCH", "DELETE"], {
  default: "POST",
  description: "The HTTP method.",
});

export const HeaderName = (description: string) =>
  Type.String({
    pattern: HEADER_NAME.source,
    description: `The header ${description.charAt(0).toLowerCase()}${description.slice(1)}`,
  });
