/** The delivery spec as plain data: one schema for its types, for the check of `signal.yaml` and the API, and for the published document. */
import Type, { type Static } from "typebox";
import type { JsonValue } from "../json.ts";
import { AuthSchema } from "./auth-schema.ts";
import { ResponsesSchema, TestSchema } from "./responses-schema.ts";
import { HeaderName, Method, STRICT, Template } from "./schema-parts.ts";

const Query = Type.Record(Type.String(), Template("The value; a parameter whose value comes out empty is left out."), {
  description:
    "Query parameters by name. The name $spread takes one placeholder that leads to an object: each of its scalar keys is a parameter.",
});

const Endpoint = Type.Object(
  {
    method: Type.Optional(Method),
    url: Template(
      "The whole URL. Values are URL-encoded where they stand; the filter path keeps slashes. A setting that holds a whole URL stands at the beginning.",
    ),
    query: Type.Optional(Query),
  },
  { ...STRICT, description: "Where requests go." },
);

const Headers = Type.Record(Type.String(), Template("The value; a header whose value comes out empty is left out."), {
  description: "Headers by name.",
});

const Column = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 255, description: "As in the first line." }),
    value: Template("What stands in it, as in {{item.price?}}."),
  },
  { ...STRICT, description: "A column." },
);

const Body = Type.Object(
  {
    encoding: Type.Enum(["json", "form", "ndjson", "csv", "xml", "none"], {
      description: "How the body is written. none sends no body: everything stands in URL and headers.",
    }),
    content_type: Type.Optional(
      Type.String({ minLength: 1, maxLength: 255, description: "Instead of the encoding's own." }),
    ),
    envelope: Type.Optional(
      Type.Unsafe<JsonValue>(
        Type.Unknown({
          description:
            'What surrounds the events: any JSON with templates. "$events" is the list of the request\'s events, "$event" the one event; {"$collect": "{{payload.items?}}"} the lists of all events joined; the key $spread lays an object\'s keys beside its neighbours.',
        }),
      ),
    ),
    event: Type.Optional(
      Type.Unsafe<JsonValue>(
        Type.Unknown({ description: "What stands for one event: any JSON with templates; {{payload}} when left out." }),
      ),
    ),
    flatten: Type.Optional(
      Type.Boolean({
        default: false,
        description: "An event whose value is a list puts its items into $events one by one.",
      }),
    ),
    omit: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 1000 }), {
        maxItems: 100,
        description: "Paths taken out of each event's value, as they stand elsewhere in the request.",
      }),
    ),
    columns: Type.Optional(
      Type.Array(Column, { maxItems: 1000, description: "For csv. {{item.…}} is the event's value." }),
    ),
    header_line: Type.Optional(
      Type.Boolean({ default: true, description: "For csv: the first line names the columns." }),
    ),
    delimiter: Type.Optional(Type.String({ minLength: 1, maxLength: 1, default: ",", description: "For csv." })),
    nested: Type.Optional(
      Type.Enum(["json", "brackets", "dots"], {
        default: "json",
        description: "For form: how objects and lists are written: a=<JSON>, a[b]=…, or a.b=….",
      }),
    ),
    gzip: Type.Optional(
      Type.Boolean({ default: false, description: "Compresses the body and says so in Content-Encoding." }),
    ),
  },
  { ...STRICT, description: "What the body is made of." },
);

const Dedupe = Type.Object(
  {
    path: Type.String({ minLength: 1, maxLength: 1000, description: "Where the id stands in each event's value." }),
    from: Type.Optional(Template("What it is made of; {{delivery.message_id}} when left out.")),
  },
  {
    ...STRICT,
    description: "The id by which the vendor knows an event that came twice; what the mapping put there stays.",
  },
);

const Batch = Type.Object(
  {
    events: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000, description: "Events a request." })),
    items: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1_000_000,
        description: "Items a request, where an event can put several into it.",
      }),
    ),
    bytes: Type.Optional(
      Type.Integer({ minimum: 1024, maximum: 67_108_864, description: "Bytes a request's body, before compression." }),
    ),
    interval_ms: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 3_600_000, description: "How long the first event waits for company." }),
    ),
  },
  { ...STRICT, description: "Limits of a request, the vendor's own. The integration's batch settings can lower them." },
);

const Signing = Type.Object(
  {
    algorithm: Type.Enum(["sha1", "sha256", "sha512"], { description: "Of the HMAC." }),
    secret: Template("The key, as in {{secret.signing_key}}."),
    secret_encoding: Type.Optional(
      Type.Enum(["utf8", "base64", "hex"], { default: "utf8", description: "How the key is written." }),
    ),
    content: Type.Optional(
      Template("What is signed: {{body}}, {{timestamp}}, {{method}}, {{path}}, {{url}}; {{body}} when left out."),
    ),
    encoding: Type.Optional(Type.Enum(["hex", "base64"], { default: "hex", description: "Of the signature." })),
    header: HeaderName("That carries the signature."),
    prefix: Type.Optional(Type.String({ maxLength: 100, description: "Before the signature, as in sha256=." })),
    timestamp: Type.Optional(
      Type.Object(
        {
          header: Type.Optional(HeaderName("That carries the time.")),
          unit: Type.Optional(
            Type.Enum(["s", "ms"], { default: "s", description: "Seconds or milliseconds since 1970." }),
          ),
        },
        { ...STRICT, description: "The time of the attempt, as {{timestamp}}." },
      ),
    ),
  },
  { ...STRICT, description: "Requests carry an HMAC of their content." },
);

/** The whole of it. */
export const DeliverySpecSchema = Type.Object(
  {
    endpoint: Endpoint,
    auth: Type.Optional(AuthSchema),
    headers: Type.Optional(Headers),
    body: Body,
    requests: Type.Optional(
      Type.Enum(["per_event", "per_batch"], {
        description:
          "One request for each event, or for many; per_batch where the body is ndjson or csv or the envelope holds $events.",
      }),
    ),
    group_by: Type.Optional(
      Type.Array(Template("As in {{payload.client_id}}."), {
        maxItems: 20,
        description:
          "Events share a request where all of these are equal. What URL, headers and envelope read of events groups by itself.",
      }),
    ),
    batch: Type.Optional(Batch),
    dedupe: Type.Optional(Dedupe),
    sign: Type.Optional(Signing),
    responses: Type.Optional(ResponsesSchema),
    test: Type.Optional(TestSchema),
    timeout_ms: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 60_000,
        default: 30_000,
        description: "From connecting to the last byte of the answer.",
      }),
    ),
    max_retries: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 5, default: 5, description: "Tries after the first." }),
    ),
  },
  { ...STRICT, title: "Delivery spec", description: "How events are delivered to an HTTP API." },
);

export type DeliverySpec = Static<typeof DeliverySpecSchema>;
export type BodySpec = Static<typeof Body>;
export type SigningSpec = Static<typeof Signing>;
