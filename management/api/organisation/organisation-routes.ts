/** The organisation: its name, and what holds for all its pipelines. */
import { type JsonObject, OrganisationSection } from "@datafly-signal/core";
import { findOrganisation, type OrganisationRow, renameOrganisation } from "@datafly-signal/ports/store";
import Type, { type Static } from "typebox";
import type { ChangeCall, ConfigurationChanges } from "../configuration/configuration-changes.ts";
import { mergePatch, patchSchemaOf } from "../data-layer/merge-patch.ts";
import { placedBelow } from "../data-layer/placed-faults.ts";
import { defineRoute, type Fault, fault, isFault, type Route, type Success } from "../http/route.ts";
import { version } from "../integrations/request-shapes.ts";
import { managedBy } from "../integrations/template-shape.ts";

const STRICT = { additionalProperties: false } as const;
const PATH = "/organisation";
const TAG = "Organisation";

const time = Type.String({ format: "date-time" });

const Organisation = Type.Object(
  {
    id: Type.String({ description: "org_…" }),
    name: Type.String(),
    settings: Type.Unsafe<JsonObject>({ ...OrganisationSection, title: "OrganisationSettings" }),
    managed_by: managedBy,
    version: Type.Integer(),
    created_at: time,
    updated_at: time,
  },
  { ...STRICT, title: "Organisation" },
);

const OrganisationPatch = Type.Object(
  {
    name: Type.Optional(
      Type.String({ minLength: 1, maxLength: 255, pattern: "^\\S(.*\\S)?$", description: "What people call it." }),
    ),
    settings: Type.Optional(
      Type.Unsafe<JsonObject>({ ...patchSchemaOf(OrganisationSection), title: "OrganisationSettingsPatch" }),
    ),
    version: Type.Optional(version),
  },
  { ...STRICT, title: "OrganisationPatch" },
);

export function organisationRoutes({ changes }: { changes: ConfigurationChanges }): Route[] {
  return [
    defineRoute({
      method: "GET",
      path: PATH,
      operation: "getOrganisation",
      tag: TAG,
      summary: "Show the organisation",
      access: "organisation:read",
      answers: { 200: { description: "The organisation.", schema: Organisation } },
      errors: [],
      handle: async ({ queries }) => shown(await findOrganisation(queries)),
    }),
    defineRoute({
      method: "PATCH",
      path: PATH,
      operation: "updateOrganisation",
      tag: TAG,
      summary: "Change the organisation",
      description: "The settings are merged (RFC 7396): what is left out stays, null removes, lists are replaced.",
      access: "organisation:write",
      body: OrganisationPatch,
      answers: { 200: { description: "The organisation as it is now.", schema: Organisation } },
      errors: ["VERSION_CONFLICT", "MANAGED_BY_FILE", "VALIDATION_FAILED"],
      changes: true,
      handle: (call) => changeOrganisation(changes, call),
    }),
  ];
}

async function changeOrganisation(
  changes: ConfigurationChanges,
  call: ChangeCall & { body: Static<typeof OrganisationPatch> },
): Promise<Success | Fault> {
  const { body, queries } = call;
  const before = await findOrganisation(queries);
  if (before === undefined) return fault("UNAVAILABLE");
  if (body.version !== undefined && body.version !== before.version) return fault("VERSION_CONFLICT");
  if (body.settings !== undefined) {
    const refused = await changeSettings(changes, call, body.settings);
    if (refused !== null) return refused;
  }
  if (body.name !== undefined && body.name !== before.name) await rename(call, before, body.name);
  return shown(await findOrganisation(queries));
}

async function changeSettings(
  changes: ConfigurationChanges,
  call: ChangeCall,
  settings: JsonObject,
): Promise<Fault | null> {
  const state = await changes.load(call.queries);
  // The file's part are the settings alone: the name is nobody's but the organisation's.
  if (state.organisation.owner === "file") return fault("MANAGED_BY_FILE");
  const before = changes.document(state, { organisation: true }).organisation ?? {};
  const document = { organisation: mergePatch(before, settings) };
  const applied = await changes.apply(call, { document, faultsBelow: "organisation." });
  return isFault(applied) ? placedBelow(applied, { section: "organisation", member: "settings" }) : null;
}

/** No change of the configuration: the data plane knows no names. */
async function rename(call: ChangeCall, before: OrganisationRow, name: string): Promise<void> {
  await renameOrganisation(call.queries, { id: before.id, name, version: before.version + 1, now: call.now });
  call.audit({
    action: "organisation.updated",
    resourceType: "organisation",
    resourceId: before.id,
    changes: { name: { old: before.name, new: name } },
  });
}

function shown(row: OrganisationRow | undefined): Success | Fault {
  if (row === undefined) return fault("UNAVAILABLE");
  const { id, name, settings, managed_by, version, created_at, updated_at } = row;
  const body: Static<typeof Organisation> = {
    id,
    name,
    settings: settings === null ? {} : (JSON.parse(settings) as JsonObject),
    managed_by,
    version,
    created_at: new Date(created_at).toISOString(),
    updated_at: new Date(updated_at).toISOString(),
  };
  return { status: 200, body };
}
