/** The data layer: what happens to every event before any integration. */
import { isJsonObject, type JsonObject } from "@datafly-signal/core";
import { findDataLayer, findOrganisation, type Queries } from "@datafly-signal/ports/store";
import type { ChangeCall, ConfigurationChanges } from "../configuration/configuration-changes.ts";
import { defineRoute, type Fault, fault, isFault, type Route, type Success } from "../http/route.ts";
import { DataLayer, dataLayerOf, DataLayerPatch, NewDataLayer, rulesOf, withSalt } from "./data-layer-shape.ts";
import { mergePatch } from "./merge-patch.ts";
import { placedBelow } from "./placed-faults.ts";

const PATH = "/data-layer";
const TAG = "Data layer";
const WRITE_ERRORS = ["VERSION_CONFLICT", "MANAGED_BY_FILE", "VALIDATION_FAILED"] as const;
const ANSWERS = { 200: { description: "The data layer as it is now.", schema: DataLayer } };

export function dataLayerRoutes({ changes }: { changes: ConfigurationChanges }): Route[] {
  return [
    readRoute,
    defineRoute({
      method: "PUT",
      path: PATH,
      operation: "replaceDataLayer",
      tag: TAG,
      summary: "Replace the data layer",
      description: "A part that is left out is off. The salt stays with its part, unless it is given or null.",
      access: "data_layer:write",
      body: NewDataLayer,
      answers: ANSWERS,
      errors: WRITE_ERRORS,
      changes: true,
      handle: (call) => changeDataLayer(changes, call, (before) => replaced(before, call.body.config)),
    }),
    defineRoute({
      method: "PATCH",
      path: PATH,
      operation: "updateDataLayer",
      tag: TAG,
      summary: "Change parts of the data layer",
      description: "A merge patch (RFC 7396): what is left out stays, null removes, lists are replaced.",
      access: "data_layer:write",
      body: DataLayerPatch,
      answers: ANSWERS,
      errors: WRITE_ERRORS,
      changes: true,
      handle: (call) => changeDataLayer(changes, call, (before) => mergePatch(masked(before), call.body.config)),
    }),
  ];
}

const readRoute = defineRoute({
  method: "GET",
  path: PATH,
  operation: "getDataLayer",
  tag: TAG,
  summary: "Show the data layer",
  access: "data_layer:read",
  answers: { 200: { description: "The data layer.", schema: DataLayer } },
  errors: [],
  handle: ({ queries }) => shown(queries),
});

/** @param edit gets the configuration with its salt in clear, and answers one with the salt as `{set: true}` where it stays */
async function changeDataLayer(
  changes: ConfigurationChanges,
  call: ChangeCall & { body: { version?: number } },
  edit: (before: JsonObject) => JsonObject,
): Promise<Success | Fault> {
  const { body, queries } = call;
  const state = await changes.load(queries);
  if (state.dataLayer.owner === "file") return fault("MANAGED_BY_FILE");
  if (body.version !== undefined && body.version !== state.dataLayer.version) return fault("VERSION_CONFLICT");
  const before = changes.document(state, { dataLayer: true }).data_layer ?? {};
  const after = opened(edit(before), before);
  if (after === null) {
    const message = "is not set yet: give its value";
    return fault("VALIDATION_FAILED", undefined, [{ path: "config.pii_rules.salt", message }]);
  }
  const applied = await changes.apply(call, { document: { data_layer: after }, faultsBelow: "data_layer." });
  if (isFault(applied)) return placedBelow(applied, { section: "data_layer", member: "config" });
  return shown(queries);
}

function replaced(before: JsonObject, config: JsonObject): JsonObject {
  if (!isJsonObject(config["pii_rules"])) return config;
  const { salt } = config["pii_rules"];
  if (salt === null) return withSalt(config, undefined);
  return salt === undefined && rulesOf(before)["salt"] !== undefined ? withSalt(config, { set: true }) : config;
}

function masked(before: JsonObject): JsonObject {
  return rulesOf(before)["salt"] === undefined ? before : withSalt(before, { set: true });
}

/** With the salt that stays in clear; null where none is there to stay. */
function opened(config: JsonObject, before: JsonObject): JsonObject | null {
  if (!isJsonObject(rulesOf(config)["salt"])) return config;
  const { salt } = rulesOf(before);
  return typeof salt === "string" ? withSalt(config, salt) : null;
}

async function shown(queries: Queries): Promise<Success | Fault> {
  const organisation = await findOrganisation(queries);
  if (organisation === undefined) return fault("UNAVAILABLE");
  return { status: 200, body: dataLayerOf(await findDataLayer(queries, organisation.id), organisation.id) };
}
