/** The parts that the schemas of the delivery spec share. */
import Type from "typebox";

export const STRICT = { additionalProperties: false } as const;

/** A text with placeholders. */
export const Template = (description: string) => Type.String({ maxLength: 10_000, description });

export const Method = Type.Enum(["GET", "POST", "PUT", "PATCH", "DELETE"], {
  default: "POST",
  description: "The HTTP method.",
});

export const HeaderName = (description: string) =>
  Type.String({
    pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}$",
    description: `The header ${description.charAt(0).toLowerCase()}${description.slice(1)}`,
  });
