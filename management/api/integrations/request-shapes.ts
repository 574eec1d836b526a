/** What requests say about an integration's content: one schema each for install, new templates and new revisions. */
import type { JsonObject, JsonValue } from "@datafly-signal/core";
import Type, { type TSchema } from "typebox";

const STRICT = { additionalProperties: false } as const;

export const name = Type.String({
  minLength: 1,
  maxLength: 255,
  pattern: "^\\S(.*\\S)?$",
  description: "What people call it; once in the organisation.",
});

export const description = Type.String({ maxLength: 2000, description: "For people." });

export const changeSummary = Type.String({
  maxLength: 1000,
  description: "What the revision is for; made from what changed when left out.",
});

export const version = Type.Integer({
  minimum: 1,
  maximum: 2_147_483_647,
  description: "The version that the change was made from: another one is refused with VERSION_CONFLICT.",
});

/** An id in a path or a body: whatever it is, it is only looked up. */
export const id = (what: string) => Type.String({ minLength: 1, maxLength: 100, description: what });

const plain = (what: string): TSchema => Type.Unsafe<JsonValue>(Type.Unknown({ description: what }));

export const config = Type.Unsafe<JsonObject>(
  Type.Record(Type.String({ maxLength: 100 }), plain("Text, or for a secret that stays as it is {set: true}."), {
    maxProperties: 200,
    description: "The vendor's settings by the keys of its config_fields, secrets among them.",
  }),
);

export const variant = Type.String({ minLength: 1, maxLength: 100, description: "A variant of the vendor." });

export const consentCategories = Type.Array(Type.String({ pattern: "^[A-Za-z0-9_.-]{1,64}$" }), {
  maxItems: 50,
  description: "The visitor must have granted all of them. An empty list delivers every event.",
});

const bound = (schema: TSchema): TSchema =>
  Type.Optional(Type.Unsafe<number | null>(Type.Union([schema, Type.Null()])));

export const rateLimits = Type.Unsafe<JsonObject>(
  Type.Object(
    {
      rate_limit_rps: bound(Type.Number({ exclusiveMinimum: 0, maximum: 1_000_000 })),
      rate_limit_burst: bound(Type.Integer({ minimum: 1, maximum: 10_000_000 })),
      rate_limit_daily: bound(Type.Integer({ minimum: 0, maximum: 1_000_000_000 })),
    },
    { ...STRICT, description: "Limits of the requests to the vendor; null takes the vendor's own." },
  ),
);

export const batch = Type.Unsafe<JsonObject>(
  Type.Object(
    {
      size: bound(Type.Integer({ minimum: 1, maximum: 100_000 })),
      bytes: bound(Type.Integer({ minimum: 1024, maximum: 67_108_864 })),
      interval_ms: bound(Type.Integer({ minimum: 0, maximum: 3_600_000 })),
    },
    { ...STRICT, description: "How events are gathered into requests; null takes the vendor's own way." },
  ),
);

export const mapping = Type.Unsafe<string | JsonObject | null>(
  Type.Union([Type.String({ maxLength: 900_000 }), Type.Record(Type.String(), Type.Unknown()), Type.Null()], {
    description: "YAML text, kept with its comments, or the same as an object; null sends events as they are.",
  }),
);

export const deliverySpec = Type.Unsafe<JsonObject | null>(
  Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()], {
    description: "How to deliver to an API of your own, of vendors that take one.",
  }),
);

export const deliveryMode = Type.Literal("server_side");

/** In the query of what takes something away. */
export const discardWaiting = Type.Boolean({
  default: false,
  description: "Gives up the deliveries that wait for it: they become dead letters.",
});
