/** Deletes an integration: one that pipelines use only on the caller's word. */
import { findIntegrationTemplate, listTemplateUses, type TemplateUseRow } from "@datafly-signal/ports/store";
import Type from "typebox";
import type { ConfigurationChanges } from "../configuration/configuration-changes.ts";
import { defineRoute, fault, isFault, type Route } from "../http/route.ts";
import * as request from "./request-shapes.ts";
import { noSuchIntegration } from "./no-such-integration.ts";

/** More names help nobody. */
const NAMES_SHOWN = 5;
const STRICT = { additionalProperties: false } as const;

export function deleteTemplateRoute({ changes }: { changes: ConfigurationChanges }): Route {
  return defineRoute({
    method: "DELETE",
    path: "/integration-templates/{id}",
    operation: "deleteIntegration",
    tag: "Integrations",
    summary: "Delete an integration",
    description:
      "One that is assigned to pipelines is refused with IN_USE, unless force=true takes it off them as well, which " +
      "needs integrations:publish. One with waiting deliveries is refused, unless discard_waiting=true gives them up.",
    access: "integrations:write",
    params: Type.Object({ id: request.id("tmpl_…") }, STRICT),
    query: Type.Object(
      {
        force: Type.Optional(
          Type.Boolean({ default: false, description: "Takes it off the pipelines that use it, too." }),
        ),
        discard_waiting: Type.Optional(request.discardWaiting),
      },
      STRICT,
    ),
    answers: { 204: { description: "It is deleted.", schema: null } },
    errors: ["NOT_FOUND", "VALIDATION_FAILED", "IN_USE", "HAS_WAITING_DELIVERIES", "MANAGED_BY_FILE"],
    changes: true,
    async handle(call) {
      const { params, query, queries, caller } = call;
      const row = await findIntegrationTemplate(queries, params.id);
      if (row === undefined) return noSuchIntegration();
      const uses = await listTemplateUses(queries, [row.id]);
      if (uses.length > 0 && query.force !== true) return fault("IN_USE", inUse(row.name, uses));
      if (uses.length > 0 && !caller.permissions.has("integrations:publish")) {
        return fault("FORBIDDEN", `${inUse(row.name, uses)} Taking it off a live pipeline needs integrations:publish.`);
      }
      const applied = await changes.apply(call, {
        remove: { integrations: [row.id], lanes: uses.map(({ id }) => id) },
        ...(query.discard_waiting === true && { discardWaiting: true }),
      });
      return isFault(applied) ? applied : { status: 204 };
    },
  });
}

function inUse(name: string, uses: readonly TemplateUseRow[]): string {
  const names = uses.slice(0, NAMES_SHOWN).map((use) => `"${use.pipeline_name}"`);
  const more = uses.length > NAMES_SHOWN ? ` and ${uses.length - NAMES_SHOWN} more` : "";
  return `"${name}" is assigned to ${names.join(", ")}${more}. Take it off first, or delete it with force=true.`;
}
