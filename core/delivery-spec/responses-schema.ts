/** What the vendor's answers mean, and how a connection is tried, as data. */
import Type, { type Static } from "typebox";
import type { JsonValue } from "../json.ts";
import { Method, STRICT, Template } from "./schema-parts.ts";

const Scalar = Type.Union([Type.String({ maxLength: 1000 }), Type.Number(), Type.Boolean(), Type.Null()]);
const Scalars = Type.Array(Scalar, { minItems: 1, maxItems: 500 });
const Path = (description: string) => Type.String({ minLength: 1, maxLength: 1000, description });

/** All that is given must hold. */
const CONDITION = {
  equals: Type.Optional(Scalar),
  not: Type.Optional(Scalar),
  in: Type.Optional(Scalars),
  not_in: Type.Optional(Scalars),
  matches: Type.Optional(
    Type.String({ minLength: 1, maxLength: 1000, description: "A pattern, found anywhere in the text." }),
  ),
  exists: Type.Optional(Type.Boolean({ description: "Whether there is a value; an empty list counts as none." })),
};

const Condition = Type.Object(
  { path: Path("body.error.code, headers.x-error, or text, the body as it came."), ...CONDITION },
  STRICT,
);

const ItemCondition = Type.Object(
  { path: Path("In the item of the list; item is the item itself."), ...CONDITION },
  STRICT,
);

const Outcome = Type.Enum(["delivered", "retry", "throttle", "refresh", "reject", "misconfigured"], {
  description:
    "retry tries again later, throttle the same and the integration waits, refresh has a new token made, reject is a dead letter, misconfigured stops until the settings are mended.",
});

const Reason = Template("One sentence for people, as in The pixel is not known: {{body.error.message?}}");

const Status = Type.Union(
  [
    Type.Integer({ minimum: 100, maximum: 599 }),
    Type.String({ pattern: "^[1-5](xx|[0-9]{2}-[1-5][0-9]{2})$", description: "4xx, or 500-504." }),
  ],
  { description: "A status, 4xx, or 500-504." },
);

const RetryAfter = Type.Object(
  {
    path: Path("Where the wait stands: headers.x-ratelimit-reset, body.retry_after."),
    unit: Type.Optional(
      Type.Enum(["s", "ms", "epoch_s", "epoch_ms"], {
        default: "s",
        description: "A wait, or the time at which it ends.",
      }),
    ),
  },
  { ...STRICT, description: "How long the vendor asks to wait, where it does not say so by Retry-After." },
);

const ItemRule = Type.Object(
  { when: Type.Optional(Type.Array(ItemCondition, { maxItems: 10 })), outcome: Outcome, reason: Type.Optional(Reason) },
  STRICT,
);

const Items = Type.Object(
  {
    path: Path("Of the list (or of an object whose keys are the indexes), as in body.errors."),
    by: Type.Enum(["index", "id", "aligned"], {
      description:
        "How an item names its event: by its place in the request, by an id, or by standing at the same place.",
    }),
    key: Type.Optional(
      Path(
        "In the item: where index or id stands, as in index or error.index; the item itself, or the object's key, when left out. A list names several events.",
      ),
    ),
    pattern: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 1000,
        description: "Takes the index or id out of the text at key: the first group, as in events\\[(\\d+)\\].",
      }),
    ),
    rules: Type.Optional(
      Type.Array(ItemRule, {
        maxItems: 100,
        description: "The first that holds; an item that none fits is rejected, with aligned delivered.",
      }),
    ),
    others: Type.Optional(
      Type.Object(
        { outcome: Outcome, reason: Type.Optional(Reason) },
        { ...STRICT, description: "Events that no item names; delivered when left out." },
      ),
    ),
  },
  { ...STRICT, description: "The answer tells events apart." },
);

const Rule = Type.Object(
  {
    status: Type.Optional(Type.Union([Status, Type.Array(Status, { minItems: 1, maxItems: 100 })])),
    when: Type.Optional(Type.Array(Condition, { maxItems: 10, description: "All must hold." })),
    outcome: Type.Optional(Outcome),
    reason: Type.Optional(Reason),
    bisect: Type.Optional(
      Type.Boolean({ description: "With reject: one bad event had all refused; the batch is sent again in halves." }),
    ),
    field: Type.Optional(Type.String({ maxLength: 100, description: "The setting to look at, with misconfigured." })),
    retry_after: Type.Optional(RetryAfter),
    items: Type.Optional(Items),
  },
  { ...STRICT, description: "What an answer means: an outcome for all events of the request, or items, one for each." },
);

export const ResponsesSchema = Type.Object(
  {
    rules: Type.Optional(
      Type.Array(Rule, {
        maxItems: 200,
        description: "The first that fits decides. What none fits is taken by its status, as HTTP means it.",
      }),
    ),
    event_id: Type.Optional(
      Template(
        "For items by id: what the vendor calls an event, as in {{payload.event_id}}; {{delivery.message_id}} when left out.",
      ),
    ),
    message: Type.Optional(
      Path(
        "Where the vendor's own words stand, as in body.error.message: they end the reasons of answers that no rule fits.",
      ),
    ),
    bisect: Type.Optional(
      Type.Array(Type.Integer({ minimum: 400, maximum: 499 }), {
        maxItems: 20,
        description: "Statuses by which one bad event has the whole batch refused, beside 413.",
      }),
    ),
  },
  { ...STRICT, description: "What the vendor's answers mean." },
);

const TestRule = Type.Object(
  {
    status: Type.Optional(Type.Union([Status, Type.Array(Status, { minItems: 1, maxItems: 100 })])),
    when: Type.Optional(Type.Array(Condition, { maxItems: 10 })),
    result: Type.Enum(["ok", "credentials", "permission", "not_found", "limited", "unavailable", "unknown"], {
      description: "What it tells of the settings.",
    }),
    field: Type.Optional(Type.String({ maxLength: 100, description: "The setting to look at." })),
    message: Reason,
  },
  STRICT,
);

export const TestSchema = Type.Object(
  {
    method: Type.Optional(Method),
    url: Type.Optional(Template("The endpoint's own when left out.")),
    query: Type.Optional(Type.Record(Type.String(), Template("The value."), { description: "Query parameters." })),
    headers: Type.Optional(
      Type.Record(Type.String(), Template("The value."), { description: "Beside those of deliveries." }),
    ),
    body: Type.Optional(
      Type.Unsafe<JsonValue>(
        Type.Unknown({ description: "JSON with templates, written in the body's encoding; none when left out." }),
      ),
    ),
    rules: Type.Optional(
      Type.Array(TestRule, { maxItems: 100, description: "The first that fits; else the status decides." }),
    ),
  },
  {
    ...STRICT,
    description: "A request that changes nothing, or as little as may be, and shows whether the settings work.",
  },
);

export type ResponsesSpec = Static<typeof ResponsesSchema>;
export type ResponseRule = Static<typeof Rule>;
export type ResponseCondition = Static<typeof Condition>;
export type ItemsSpec = Static<typeof Items>;
export type RetryAfterSpec = Static<typeof RetryAfter>;
export type TestSpec = Static<typeof TestSchema>;
export type StatusSpec = Static<typeof Status>;
