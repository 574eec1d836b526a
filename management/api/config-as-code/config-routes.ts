/** Configuration as code: exported as `signal.yaml`, compared with one, and one applied. */
import { type ConfigFault, exportFile, faultSentences } from "@datafly-signal/core";
import { configurationNumber, type Queries } from "@datafly-signal/ports/store";
import Type from "typebox";
import { defineRoute, fault, isFault, type Route } from "../http/route.ts";
import { applyText, type AppliedText, type ConfigAsCodeServices } from "./apply-text.ts";

const TAG = "Configuration as code";
const STRICT = { additionalProperties: false } as const;
/** A whole configuration may be larger than other requests. */
const BODY_LIMIT = 4_194_304;

const Variable = Type.Object(
  {
    name: Type.String(),
    resource_id: Type.String({ description: "What holds the secret: an integration, a pipeline, or data_layer." }),
    field: Type.String(),
  },
  STRICT,
);

const ExportedConfiguration = Type.Object(
  {
    yaml: Type.String({ description: "The text of signal.yaml." }),
    number: Type.Integer({ description: "The number of the configuration, which every change raises." }),
    variables: Type.Array(Variable, { description: "What stands for secrets, which are not exported." }),
  },
  { ...STRICT, title: "ExportedConfiguration" },
);

const Given = {
  yaml: Type.String({ minLength: 1, maxLength: 2_000_000, description: "The text of signal.yaml." }),
  variables: Type.Optional(
    Type.Record(Type.String({ pattern: "^[A-Za-z_][A-Za-z0-9_]{0,199}$" }), Type.String({ maxLength: 100_000 }), {
      maxProperties: 1000,
      additionalProperties: false,
      description:
        "What ${NAME} stands for. The server's own environment is not used; variables of an export that are left out keep the secret that is there.",
    }),
  ),
  prune: Type.Optional(
    Type.Boolean({
      default: false,
      description: "Also removes what the text does not name, but for what the server's own file names.",
    }),
  ),
  number: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 9_007_199_254_740_991,
      description:
        "The number of the configuration that the text was made from: 409 VERSION_CONFLICT if it is another by now.",
    }),
  ),
  discard_waiting: Type.Optional(
    Type.Boolean({ default: false, description: "Gives up the deliveries that wait for what is removed." }),
  ),
};

const ChangedObject = Type.Object(
  {
    action: Type.String(),
    resource_type: Type.String(),
    resource_id: Type.String(),
    changes: Type.Record(Type.String(), Type.Object({ old: Type.Unknown(), new: Type.Unknown() }, STRICT)),
  },
  STRICT,
);

const Warning = Type.Object(
  { path: Type.String(), message: Type.String(), line: Type.Integer(), column: Type.Integer() },
  STRICT,
);

const AppliedConfiguration = Type.Object(
  {
    dry_run: Type.Boolean({ description: "True where nothing was changed." }),
    changes: Type.Array(Type.String(), { description: "In sentences; empty where everything is as the text says." }),
    objects: Type.Array(ChangedObject),
    warnings: Type.Array(Warning),
  },
  { ...STRICT, title: "AppliedConfiguration" },
);

const ERRORS = ["MANAGED_BY_FILE", "HAS_WAITING_DELIVERIES", "CONFLICT", "VERSION_CONFLICT"] as const;

export function configAsCodeRoutes(services: ConfigAsCodeServices): Route[] {
  return [exportRoute(services), diffRoute(services), applyRoute(services)];
}

function exportRoute({ changes }: ConfigAsCodeServices): Route {
  return defineRoute({
    method: "GET",
    path: "/config/export",
    operation: "exportConfiguration",
    tag: TAG,
    summary: "Export everything that is configured, as signal.yaml",
    description: "Complete but for secrets: those are variables. The same configuration makes the same text.",
    access: "configuration:export",
    // So that the number is the text's.
    consistent: true,
    answers: { 200: { description: "The text, and what its variables stand for.", schema: ExportedConfiguration } },
    errors: [],
    async handle({ queries }) {
      const state = await changes.load(queries);
      const { text, variables } = exportFile(state);
      const named = [...variables].map(([name, { object, field }]) => ({ name, resource_id: object, field }));
      return { status: 200, body: { yaml: text, number: state.number, variables: named } };
    },
  });
}

function diffRoute(services: ConfigAsCodeServices): Route {
  return defineRoute({
    method: "POST",
    path: "/config/diff",
    operation: "diffConfiguration",
    tag: TAG,
    summary: "Say what applying a signal.yaml would change",
    access: "configuration:apply",
    consistent: true,
    body: Type.Object(Given, STRICT),
    bodyLimit: BODY_LIMIT,
    answers: { 200: { description: "What would change.", schema: AppliedConfiguration } },
    errors: [...ERRORS],
    async handle(call) {
      const { yaml, variables = {}, prune = false, discard_waiting = false, number } = call.body;
      if (await isOther(call.queries, number)) return fault("VERSION_CONFLICT");
      const given = { yaml, variables, prune, discardWaiting: discard_waiting, dryRun: true };
      return answered(await applyText(services, call, given), true);
    },
  });
}

function applyRoute(services: ConfigAsCodeServices): Route {
  return defineRoute({
    method: "POST",
    path: "/config/apply",
    operation: "applyConfiguration",
    tag: TAG,
    summary: "Apply a signal.yaml",
    description: "All of it or nothing. What it names is created or changed; the rest stays, unless prune is true.",
    access: "configuration:apply",
    changes: true,
    body: Type.Object(
      {
        ...Given,
        dry_run: Type.Optional(Type.Boolean({ default: false, description: "Only says what would change." })),
      },
      STRICT,
    ),
    bodyLimit: BODY_LIMIT,
    answers: { 200: { description: "What changed.", schema: AppliedConfiguration } },
    errors: [...ERRORS],
    async handle(call) {
      const { yaml, variables = {}, prune = false, discard_waiting = false, dry_run = false, number } = call.body;
      if (await isOther(call.queries, number)) return fault("VERSION_CONFLICT");
      const given = { yaml, variables, prune, discardWaiting: discard_waiting, dryRun: dry_run };
      return answered(await applyText(services, call, given), dry_run);
    },
  });
}

async function isOther(queries: Queries, number: number | undefined): Promise<boolean> {
  return number !== undefined && number !== (await configurationNumber(queries));
}

function answered(result: Awaited<ReturnType<typeof applyText>>, dryRun: boolean): ReturnType<Route["handle"]> {
  if (isFault(result)) return result;
  const { changes, objects, warnings } = result as AppliedText;
  return {
    status: 200,
    body: {
      dry_run: dryRun,
      changes,
      objects: objects.map(({ action, resourceType, resourceId, changes: fields }) => ({
        action,
        resource_type: resourceType,
        resource_id: resourceId,
        changes: fields,
      })),
      warnings: warnings.map(warningOf),
    },
  };
}

function warningOf(warning: ConfigFault): object {
  const { path, line, column } = warning;
  return { path, message: faultSentences(warning), line, column };
}
