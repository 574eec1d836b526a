/** Makes an integration with its first revision, from the catalogue or of one's own. */
import type { Connector, JsonObject } from "@datafly-signal/core";
import { findIntegrationTemplate, findRevision } from "@datafly-signal/ports/store";
import Type, { type Static } from "typebox";
import type { ChangeCall, ConfigurationChanges, IntegrationDocument } from "../configuration/configuration-changes.ts";
import { type Fault, fault, isFault, type Success } from "../http/route.ts";
import { withoutEmptySecrets } from "./carry-over.ts";
import * as request from "./request-shapes.ts";
import { Revision, revisionOf } from "./revision-shape.ts";
import { Template, templateOf } from "./template-shape.ts";

const STRICT = { additionalProperties: false } as const;

/** What both bodies have. */
export const newIntegrationBody = {
  name: request.name,
  description: Type.Optional(request.description),
  variant: Type.Optional(request.variant),
  config: Type.Optional(request.config),
  delivery_mode: Type.Optional(request.deliveryMode),
  consent_categories: Type.Optional(request.consentCategories),
  rate_limits: Type.Optional(request.rateLimits),
  batch: Type.Optional(request.batch),
  mapping: Type.Optional(request.mapping),
  delivery_spec: Type.Optional(request.deliverySpec),
};

const asked = Type.Object(newIntegrationBody);

export const warnings = Type.Array(Type.Object({ path: Type.String(), message: Type.String() }, STRICT), {
  description: "What was taken and may not be meant.",
});

export const NewIntegration = Type.Object({ template: Template, revision: Revision, warnings }, STRICT);

interface NewIntegrationOptions {
  changes: ConfigurationChanges;
  connector: Connector;
  body: Static<typeof asked>;
  /** Of a custom integration: its vendor as people call it. */
  vendorName?: string;
}

/** 201 with both, or everything that is wrong with the request. */
export async function makeIntegration(call: ChangeCall, options: NewIntegrationOptions): Promise<Success | Fault> {
  const { changes, connector, body, vendorName } = options;
  const refused = refuseDeliverySpec(connector, body.delivery_spec);
  if (refused !== undefined) return refused;
  const document: IntegrationDocument = {
    id: call.newId("tmpl_"),
    name: body.name,
    vendor: connector.key,
    ...(vendorName !== undefined && { vendor_name: vendorName }),
    description: body.description ?? "",
    variant: body.variant ?? "default",
    consent_categories: body.consent_categories ?? [...connector.consent_categories],
    rate_limits: withoutNulls(body.rate_limits),
    ...(body.batch !== undefined && { batch: withoutNulls(body.batch) }),
    config: withoutEmptySecrets(body.config ?? {}, connector),
    ...(body.mapping !== undefined && body.mapping !== null && { mapping: body.mapping }),
    ...(body.delivery_spec !== undefined && body.delivery_spec !== null && { delivery_spec: body.delivery_spec }),
  };
  const applied = await changes.apply(call, {
    document: { integrations: [document] },
    faultsBelow: "integrations[0].",
  });
  if (isFault(applied)) return applied;
  const made = await findIntegrationTemplate(call.queries, document.id);
  const revision = await findRevision(call.queries, document.id, 1);
  if (made === undefined || revision === undefined) return fault("INTERNAL");
  const answer = { template: templateOf(made, []), revision: revisionOf(revision, made.org_id) };
  return { status: 201, body: { ...answer, warnings: applied.warnings } };
}

/** A specification that nothing reads would look as if it held. */
export function refuseDeliverySpec(connector: Connector, spec: JsonObject | null | undefined): Fault | undefined {
  if (spec === undefined || spec === null || connector.takes_delivery_spec === true) return undefined;
  const message = `${connector.name} takes no delivery specification: its config says how to deliver. Leave it out.`;
  return fault("VALIDATION_FAILED", undefined, [{ path: "delivery_spec", message }]);
}

function withoutNulls(given: JsonObject = {}): JsonObject {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null));
}
