/** A mapping tried out on an event, without sending anything. */
import type { DataLayerConfig, JsonValue, OrganisationConfig } from "@datafly-signal/core";
import { findIntegrationTemplate, findRevision, type Queries } from "@datafly-signal/ports/store";
import Type, { type Static } from "typebox";
import { type Caller, defineRoute, type Fault, isFault, type Route } from "../http/route.ts";
import {
  anything,
  anyObject,
  ClientEvent,
  Fault as FaultShape,
  IntegrationId,
  nullable,
  PayloadCoverage,
  PipelineId,
  PreviewedMapping,
  SampleWish,
  strict,
  TEXT_BODY_LIMIT,
  VendorKey,
} from "./mapping-shapes.ts";
import {
  type MappingServices,
  namedPipeline,
  namedVendor,
  refused,
  refuseReading,
  TAG,
  worked,
} from "./mapping-services.ts";
import { trialOf } from "./trial-event.ts";
import type { TrialLayer } from "./work/tasks.ts";

const PreviewBody = strict({
  mapping: Type.Optional(PreviewedMapping),
  event: Type.Optional(ClientEvent),
  sample: Type.Optional(SampleWish),
  vendor: Type.Optional(VendorKey),
  integration_id: Type.Optional(IntegrationId),
  revision: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 2_147_483_647, description: "Of the integration; the latest when left out." }),
  ),
  pipeline_id: Type.Optional(PipelineId),
  data_layer: Type.Optional(
    Type.Boolean({ default: false, description: "The event goes through the data layer first." }),
  ),
});
type PreviewBody = Static<typeof PreviewBody>;

const PreviewRow = strict({
  row: Type.String({ description: "The row's path in the mapping." }),
  target: Type.String(),
  steps: Type.Array(
    strict({
      step: Type.String({ description: "source, value, a transform, value_map, default_value, when or target." }),
      value: Type.Optional(anything("After the step; left out where it is missing or too large.")),
      cut: Type.Optional(Type.Literal(true, { description: "Of the value only its beginning is shown, or nothing." })),
    }),
  ),
  cut: Type.Optional(Type.Literal(true, { description: "There are more steps than are shown." })),
});

const Preview = strict({
  event: anyObject("The event as the mapping read it."),
  data_layer: nullable(
    strict({
      stopped: nullable(strict({ reason: Type.String(), details: nullable(Type.String()) })),
      not_run: Type.Array(Type.String(), { description: "Parts that only the running server has: geo, custom_js." }),
    }),
  ),
  payload: Type.Optional(anything("What would be sent; left out where it is larger than 1 MiB.")),
  payload_bytes: Type.Optional(nullable(Type.Integer({ description: "The payload's size as JSON; null over 1 MiB." }))),
  vendor_event_name: Type.Optional(nullable(Type.String())),
  stopped: Type.Optional(
    strict({
      reason: Type.String({ description: "Why nothing is sent: the reason that it is counted under." }),
      by: Type.String({ description: "The section or row that decided it, or data_layer." }),
    }),
  ),
  error: Type.Optional(
    strict(
      { path: Type.String(), message: Type.String() },
      "A row cannot work on its value: the delivery would be a dead letter.",
    ),
  ),
  faults: Type.Optional(Type.Array(FaultShape, { description: "The mapping is wrong; nothing was run." })),
  warnings: Type.Array(FaultShape),
  steps: Type.Array(PreviewRow, { description: "Row by row the value after each step." }),
  coverage: nullable(PayloadCoverage),
  payload_faults: Type.Optional(
    Type.Array(
      strict({
        path: Type.String(),
        message: Type.String(),
        level: Type.Enum(["fault", "warning"]),
        link: Type.Optional(Type.String()),
      }),
      { description: "What the vendor's list of fields finds wrong with the payload." },
    ),
  ),
});

export function previewRoute(services: MappingServices): Route {
  return defineRoute({
    method: "POST",
    path: "/mapping/preview",
    operation: "previewMapping",
    tag: TAG,
    summary: "Show what a mapping makes of an event, row by row",
    description:
      "Runs the mapping exactly as the server does, and sends and stores nothing. The mapping is the one given, else that of the integration; the event is the one given, else a sample. Secret parameters of the pipeline are never filled in.",
    access: "integrations:read",
    bodyLimit: TEXT_BODY_LIMIT + 1_048_576,
    body: PreviewBody,
    answers: { 200: { description: "What came out.", schema: Preview } },
    errors: ["VALIDATION_FAILED"],
    async handle({ body, caller, queries, now }) {
      const given = await mappingOf(queries, body);
      if (isFault(given)) return given;
      const vendor = previewedVendor(services, body.vendor, given.vendor);
      if (isFault(vendor)) return vendor;
      const trial = trialOf(body, { now, ids: services.ids });
      if (isFault(trial)) return trial;
      const pipeline = await namedPipeline({ queries, caller }, body.pipeline_id);
      if (isFault(pipeline)) return pipeline;
      const layer = body.data_layer === true ? await layerOf(services, { queries, caller }) : undefined;
      if (isFault(layer)) return layer;
      const input = {
        ...trial,
        mapping: given.mapping,
        ...(vendor?.schema && { vendorSchema: vendor.schema }),
        ...(pipeline && { pipeline }),
        ...(layer && { layer }),
      };
      const result = await worked(services, "preview", { input, caller });
      if (isFault(result)) return result;
      if ("refused" in result.output) return refused("event", result.output.refused);
      return { status: 200, body: result.output };
    },
  });
}

/** The vendor named, else that of the revision, where there still is one. */
function previewedVendor(services: MappingServices, named: string | undefined, kept: string | undefined) {
  if (named === undefined && kept !== undefined) return services.connectors.get(kept);
  return namedVendor(services, named);
}

/** The mapping given, else that of the revision named; and the vendor of the revision. */
async function mappingOf(
  queries: Queries,
  { mapping, integration_id: id, revision }: PreviewBody,
): Promise<{ mapping: JsonValue; vendor: string | undefined } | Fault> {
  if (id === undefined) {
    if (revision !== undefined) return refused("integration_id", "is missing: whose revision is it?");
    return mapping === undefined
      ? refused("mapping", "is missing: give a mapping, or an integration_id.")
      : { mapping, vendor: undefined };
  }
  const template = await findIntegrationTemplate(queries, id);
  if (template === undefined) return refused("integration_id", `There is no integration ${id}.`);
  const number = revision ?? template.latest_revision;
  const row = await findRevision(queries, id, number);
  if (row === undefined) return refused("revision", `${template.name} has no revision ${number}.`);
  if (mapping !== undefined) return { mapping, vendor: row.vendor };
  const kept = row.mapping === null ? null : (JSON.parse(row.mapping) as JsonValue);
  return { mapping: row.mapping_text ?? kept, vendor: row.vendor };
}

const PREVIEW_SALT = "preview";

/** With the real one, chosen values could be compared with what was delivered. */
function withoutSalt(layer: DataLayerConfig): DataLayerConfig {
  const { pii_rules: rules } = layer;
  return rules?.salt === undefined ? layer : { ...layer, pii_rules: { ...rules, salt: PREVIEW_SALT } };
}

/** What is stored was checked against its schema. */
async function layerOf(
  { changes }: MappingServices,
  { queries, caller }: { queries: Queries; caller: Caller },
): Promise<TrialLayer | Fault> {
  const refusal = refuseReading(caller, "data_layer:read", "data_layer");
  if (refusal !== null) return refusal;
  const document = changes.document(await changes.load(queries), { dataLayer: true, organisation: true });
  const { data_layer: layer, organisation } = document;
  return {
    ...(layer && { data_layer: withoutSalt(layer as DataLayerConfig) }),
    ...(organisation && { organisation: organisation as OrganisationConfig }),
  };
}
