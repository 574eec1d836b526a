/** Makes the next revision of an integration; what the request leaves out is as in the revision that it is based on. */
import {
  findIntegrationTemplate,
  findRevision,
  type IntegrationTemplateRow,
  listTemplateUses,
  type Queries,
  type RevisionTable,
} from "@datafly-signal/ports/store";
import Type, { type Static } from "typebox";
import type { IntegrationDocument } from "../configuration/configuration-changes.ts";
import { type Call, defineRoute, type Fault, fault, isFault, type Route, type Success } from "../http/route.ts";
import { documentsAt } from "./base-document.ts";
import { carryOver } from "./carry-over.ts";
import { movedSecrets } from "./moved-secrets.ts";
import { refuseDeliverySpec, warnings } from "./new-integration.ts";
import { noSuchIntegration } from "./no-such-integration.ts";
import * as request from "./request-shapes.ts";
import { Revision, revisionOf } from "./revision-shape.ts";
import type { IntegrationServices } from "./template-routes.ts";

const STRICT = { additionalProperties: false } as const;

const params = Type.Object({ id: request.id("tmpl_…") }, STRICT);

const body = Type.Object(
  {
    base_revision: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 2_147_483_647,
        description: "What is left out is as in this one; the latest when left out. By itself it rolls back.",
      }),
    ),
    variant: Type.Optional(request.variant),
    config: Type.Optional(request.config),
    consent_categories: Type.Optional(request.consentCategories),
    rate_limits: Type.Optional(request.rateLimits),
    batch: Type.Optional(request.batch),
    mapping: Type.Optional(request.mapping),
    delivery_spec: Type.Optional(request.deliverySpec),
    change_summary: Type.Optional(request.changeSummary),
    version: Type.Optional(request.version),
  },
  STRICT,
);

const Made = Type.Object({ ...Revision.properties, warnings }, STRICT);

type Asked = Call<Static<typeof params>, Record<string, never>, Static<typeof body>>;

export function newRevisionRoute(services: IntegrationServices): Route {
  return defineRoute({
    method: "POST",
    path: "/integration-templates/{id}/revisions",
    operation: "createRevision",
    tag: "Revisions",
    summary: "Make the next revision",
    description:
      "What is left out is carried over, secrets too. config, rate_limits and batch are merged by key, and null takes " +
      "a key back to its default. Secrets are not carried over to another host. Pipelines that follow the latest revision get it at once, which needs " +
      "integrations:publish; those that are pinned stay where they are. Content as in the latest revision makes no " +
      "other one: the latest is answered with 200.",
    access: "integrations:write",
    params,
    body,
    answers: {
      200: { description: "The latest revision, which has this content.", schema: Made },
      201: { description: "The new revision.", schema: Made },
    },
    errors: ["NOT_FOUND", "VALIDATION_FAILED", "VERSION_CONFLICT", "MANAGED_BY_FILE"],
    changes: true,
    async handle(call) {
      const template = await findIntegrationTemplate(call.queries, call.params.id);
      if (template === undefined) return noSuchIntegration();
      if ((call.body.version ?? template.version) !== template.version) return fault("VERSION_CONFLICT");
      const document = await nextDocument(services, call, template);
      return isFault(document) ? document : revise(services, call, { template, document });
    },
  });
}

async function nextDocument(
  { changes, connectors }: IntegrationServices,
  { body, queries }: Asked,
  template: IntegrationTemplateRow,
): Promise<IntegrationDocument | Fault> {
  const base = await baseOf(queries, template, body.base_revision ?? template.latest_revision);
  if (isFault(base)) return base;
  const connector = connectors.get(base.vendor);
  const refused = connector && refuseDeliverySpec(connector, body.delivery_spec);
  if (refused !== undefined) return refused;
  const asked = { integrationId: template.id, numbers: [base.revision_number] };
  const [document] = await documentsAt(changes, queries, asked);
  if (document === undefined) return noSuchIntegration();
  const shape = connector ?? { config_fields: [], variants: [] };
  const next = carryOver(document, body, shape);
  const moved = movedSecrets([document, next], body.config ?? {}, shape);
  return moved.length > 0 ? fault("VALIDATION_FAILED", undefined, moved) : next;
}

async function baseOf(
  queries: Queries,
  template: IntegrationTemplateRow,
  number: number,
): Promise<RevisionTable | Fault> {
  const refuse = (message: string): Fault =>
    fault("VALIDATION_FAILED", undefined, [{ path: "base_revision", message }]);
  const base = await findRevision(queries, template.id, number);
  if (base === undefined) return refuse(`There is no revision ${number}: the latest is ${template.latest_revision}.`);
  return base.vendor === template.vendor ? base : refuse(`Revision ${number} was made for the vendor ${base.vendor}.`);
}

async function revise(
  { changes }: IntegrationServices,
  call: Asked,
  { template, document }: { template: IntegrationTemplateRow; document: IntegrationDocument },
): Promise<Success | Fault> {
  const { queries, body, caller } = call;
  if (!caller.permissions.has("integrations:publish")) {
    // Before anything is compared: whether a secret is the one that is there is not told either.
    const followers = (await listTemplateUses(queries, [template.id])).filter((use) => use.revision_number === null);
    if (followers.length > 0) return fault("FORBIDDEN", publishes(followers.map((use) => use.pipeline_name)));
  }
  const applied = await changes.apply(call, {
    document: { integrations: [document] },
    ...(body.change_summary !== undefined && { changeSummary: body.change_summary }),
    faultsBelow: "integrations[0].",
  });
  if (isFault(applied)) return applied;
  const after = await findIntegrationTemplate(queries, template.id);
  const revision = after && (await findRevision(queries, after.id, after.latest_revision));
  if (after === undefined || revision === undefined) return fault("INTERNAL");
  const isNew = after.latest_revision !== template.latest_revision;
  return { status: isNew ? 201 : 200, body: { ...revisionOf(revision, after.org_id), warnings: applied.warnings } };
}

function publishes(pipelines: readonly string[]): string {
  const [first = "", ...more] = pipelines;
  const others = more.length === 0 ? "follows" : `and ${more.length} more follow`;
  return (
    `Pipeline "${first}" ${others} the latest revision, so a new one goes live at once, which needs ` +
    "integrations:publish. Ask somebody who has it, or have the pipeline pinned to a revision first."
  );
}
