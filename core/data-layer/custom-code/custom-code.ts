/** The `custom_js:` part of the data layer. Running the code is the processor's; here is what it is configured by. */
import Type from "typebox";

export const CustomCodeSection = Type.Object(
  {
    enabled: Type.Optional(Type.Boolean({ default: true, description: "false runs no code." })),
    code: Type.String({
      minLength: 1,
      maxLength: 100_000,
      description:
        "JavaScript: the body of a function of event, or a function transform(event). It returns the event, or null to drop it.",
    }),
    description: Type.Optional(Type.String({ maxLength: 1000, description: "What the code is for." })),
    on_error: Type.Optional(
      Type.Enum(["pass", "drop"], {
        default: "pass",
        description: "What becomes of an event that the code fails on: pass sends it as it was before.",
      }),
    ),
  },
  {
    additionalProperties: false,
    description: "The operator's own code, run on every event without any access to the machine.",
  },
);

export type CustomCodeConfig = Type.Static<typeof CustomCodeSection>;
