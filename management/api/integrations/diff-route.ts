/** Compares two revisions of an integration. */
import { isJsonObject, type JsonObject, type JsonValue, printMapping } from "@datafly-signal/core";
import { findIntegrationTemplate, findRevision, type RevisionTable } from "@datafly-signal/ports/store";
import Type from "typebox";
import type { ConfigurationChanges, IntegrationDocument } from "../configuration/configuration-changes.ts";
import { defineRoute, fault, type Route } from "../http/route.ts";
import { documentsAt } from "./base-document.ts";
import { noSuchIntegration } from "./no-such-integration.ts";
import * as request from "./request-shapes.ts";
import { type Comparable, diffRevisions } from "./revision-diff.ts";
import { revisionOf } from "./revision-shape.ts";
import { unifiedDiff } from "./text-diff.ts";

const STRICT = { additionalProperties: false } as const;
const number = Type.Integer({ minimum: 1, maximum: 2_147_483_647 });
const value = Type.Unsafe<JsonValue>(
  Type.Unknown({ description: "Of a secret {set: true}; null where there is none." }),
);

const RevisionDiff = Type.Object(
  {
    integration_id: Type.String(),
    from: Type.Integer(),
    to: Type.Integer(),
    changes: Type.Array(
      Type.Object(
        {
          path: Type.String({
            description:
              "As in config.url or mapping.events.purchase.mappings[2].source; a row's place is that in the newer " +
              "revision, a removed one's that in the older.",
          }),
          kind: Type.Enum(["added", "removed", "changed"]),
          old: value,
          new: value,
        },
        STRICT,
      ),
    ),
    mapping_diff: Type.String({ description: "The mappings as YAML, compared by lines; empty where they are equal." }),
  },
  STRICT,
);

export function revisionDiffRoute({ changes }: { changes: ConfigurationChanges }): Route {
  return defineRoute({
    method: "GET",
    path: "/integration-templates/{id}/revisions/{a}/diff/{b}",
    operation: "diffRevisions",
    tag: "Revisions",
    summary: "Compare two revisions, field by field",
    description: "From a to b. Of secrets it is said that they changed, never what they are.",
    access: "integrations:read",
    params: Type.Object({ id: request.id("tmpl_…"), a: number, b: number }, STRICT),
    answers: { 200: { description: "What differs.", schema: RevisionDiff } },
    errors: ["NOT_FOUND", "VALIDATION_FAILED"],
    async handle({ params: { id, a, b }, queries }) {
      const template = await findIntegrationTemplate(queries, id);
      if (template === undefined) return noSuchIntegration();
      const [before, after] = [await findRevision(queries, id, a), await findRevision(queries, id, b)];
      if (before === undefined || after === undefined) {
        const missing = before === undefined ? a : b;
        return fault("NOT_FOUND", `There is no revision ${missing}: the latest is ${template.latest_revision}.`);
      }
      const documents = await documentsAt(changes, queries, { integrationId: id, numbers: [a, b] });
      const [was, is] = [before, after].map((row, index) => comparable(row, documents[index]));
      if (was === undefined || is === undefined) return noSuchIntegration();
      const names = { before: `revision ${a}`, after: `revision ${b}` };
      const mapping_diff = unifiedDiff(mappingText(before), mappingText(after), names);
      return {
        status: 200,
        body: { integration_id: id, from: a, to: b, changes: diffRevisions(was, is), mapping_diff },
      };
    },
  });
}

function comparable(row: RevisionTable, document: IntegrationDocument | undefined): Comparable | undefined {
  if (document === undefined) return undefined;
  const shown = revisionOf(row, "");
  const opened: JsonObject = { ...document.config, ...document.secrets };
  const sealed = JSON.parse(row.secrets) as Record<string, string>;
  const open = Object.entries(shown.config).filter(([key]) => !Object.hasOwn(sealed, key));
  const { vendor, variant, consent_categories, rate_limits, batch, mapping, delivery_spec } = shown;
  return {
    content: {
      vendor,
      variant,
      config: Object.fromEntries(open),
      consent_categories,
      rate_limits: withoutNulls(rate_limits),
      batch: withoutNulls(batch),
      ...(mapping !== null && { mapping }),
      ...(delivery_spec !== null && { delivery_spec }),
    },
    // What no key opens any more can only be told apart by how it is sealed.
    secrets: Object.fromEntries(Object.entries(sealed).map(([field, text]) => [field, String(opened[field] ?? text)])),
  };
}

function withoutNulls(values: Readonly<Record<string, JsonValue>>): JsonObject {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
}

/** As its author wrote it, else as it would be written. */
function mappingText({ mapping, mapping_text }: RevisionTable): string {
  if (mapping_text !== null) return mapping_text;
  const document = mapping === null ? null : (JSON.parse(mapping) as JsonValue);
  return isJsonObject(document) ? printMapping(document) : "";
}
