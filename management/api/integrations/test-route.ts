/** Tests of connections: of an integration at a revision, and of settings that are not saved yet. */
import type {
  Clock,
  ConfigurationState,
  Connector,
  IntegrationState,
  JsonValue,
  Keyring,
  RevisionContent,
} from "@datafly-signal/core";
import Type from "typebox";
import { findVendor, vendorParams } from "../catalogue/catalogue-routes.ts";
import type { ConfigurationChanges } from "../configuration/configuration-changes.ts";
import { type ChangeServices, invalid, openForm } from "../configuration/open-configuration-changes.ts";
import { readChange } from "../configuration/read-change.ts";
import { type Call, defineRoute, type Fault, fault, isFault, type Route, type Success } from "../http/route.ts";
import { ClientEvent } from "../mapping/mapping-shapes.ts";
import { type MappingServices, refused } from "../mapping/mapping-services.ts";
import { withoutEmptySecrets } from "./carry-over.ts";
import { refuseDeliverySpec } from "./new-integration.ts";
import { noSuchIntegration } from "./no-such-integration.ts";
import * as request from "./request-shapes.ts";
import type { SendOnce } from "./send-once.ts";
import { mappedEvent } from "./tested-event.ts";
import { openSecrets, readTried } from "./tried-settings.ts";
import { testing, tryConnection, type Tried, type TryResult } from "./try-connection.ts";
import { sending } from "./try-event.ts";

export interface ConnectionTestServices extends ChangeServices, Pick<MappingServices, "workbench" | "ids"> {
  changes: ConfigurationChanges;
  connectors: ReadonlyMap<string, Connector>;
  keyring: Keyring;
  sendOnce: SendOnce;
  clock: Clock;
}

const STRICT = { additionalProperties: false } as const;
const KINDS = ["credentials", "permission", "not_found", "limited", "unavailable", "unknown"] as const;

const Tested = Type.Object(
  {
    ok: Type.Union([Type.Boolean(), Type.Null()], { description: "Null where nothing was asked of the vendor." }),
    kind: Type.Optional(Type.Enum([...KINDS], { description: "What is wrong, where something is." })),
    field: Type.Optional(Type.String({ description: "The setting to look at." })),
    message: Type.String({ description: "What happened, and what to do now." }),
    status: Type.Optional(Type.Integer({ description: "Of the vendor's answer." })),
    took_ms: Type.Integer(),
  },
  STRICT,
);

const answers = { 200: { description: "What came of it, whether it went well or not.", schema: Tested } };

const pipelineId = request.id("The pipeline whose parameters the settings are made of; needed where they are.");

export function connectionTestRoutes(services: ConnectionTestServices): Route[] {
  return [integrationRoute(services), catalogueRoute(services)];
}

function integrationRoute(services: ConnectionTestServices): Route {
  return defineRoute({
    method: "POST",
    path: "/integration-templates/{id}/test",
    operation: "testIntegration",
    tag: "Integrations",
    summary: "Test the connection of an integration",
    description:
      "Asks the vendor with the settings of the revision, as deliveries do, and changes nothing there. With an event that " +
      "event is mapped and sent for real instead. Ten seconds at most.",
    access: "integrations:write",
    params: Type.Object({ id: request.id("tmpl_…") }, STRICT),
    body: Type.Optional(
      Type.Object(
        {
          revision: Type.Optional(
            Type.Integer({ minimum: 1, maximum: 2_147_483_647, description: "The latest when left out." }),
          ),
          pipeline_id: Type.Optional(pipelineId),
          event: Type.Optional(ClientEvent),
        },
        STRICT,
      ),
    ),
    answers,
    errors: ["NOT_FOUND", "VALIDATION_FAILED"],
    async handle({ params, body, queries, caller, now }) {
      const found = await findTested(services, queries, { id: params.id, number: body.revision });
      if (isFault(found)) return found;
      const { state, integration, content, connector, number } = found;
      const organisation = state.organisation.id;
      const { secrets, unreadable } = openSecrets(services, content.secrets, { organisation, object: integration.id });
      if (unreadable !== undefined) return answered(unreadableSecret(unreadable));
      const pipeline = namedPipeline(state, body.pipeline_id);
      if (isFault(pipeline)) return pipeline;
      const settings = { ...content, secrets };
      const facts = { connector, settings, pipeline, isLive: isLive(found, pipeline?.id), isKept: true, caller };
      const tried = readTried(services, organisation, facts);
      if (isFault(tried)) return tried;
      if (body.event === undefined)
        return test(services, tried, { name: connector.name, instead: "Test it with an event." });
      const { mapping } = found;
      const of = { content, mapping, pipeline, integrationId: integration.id, revision: number };
      const mapped = await mappedEvent(services, { ...of, event: body.event, caller, now });
      if (isFault(mapped)) return mapped;
      if ("message" in mapped) return answered(mapped);
      return { status: 200, body: await tryConnection(tried, sending(tried, mapped), services) };
    },
  });
}

interface Found {
  state: ConfigurationState;
  integration: IntegrationState;
  /** The revision's. */
  number: number;
  content: RevisionContent;
  mapping: JsonValue;
  connector: Connector;
}

async function findTested(
  { changes, connectors }: ConnectionTestServices,
  queries: Call<never, never, never>["queries"],
  { id, number: named }: { id: string; number: number | undefined },
): Promise<Found | Fault> {
  const now = liveIntegration(await changes.load(queries), id);
  if (now === undefined) return noSuchIntegration();
  const number = named ?? now.revisions.at(-1)?.number ?? 0;
  const state = await changes.load(queries, [{ integrationId: id, number }]);
  const integration = liveIntegration(state, id);
  if (integration === undefined) return noSuchIntegration();
  const revision = integration.revisions.find((one) => one.number === number);
  if (revision === undefined || revision.content === null)
    return refused("revision", `${integration.name} has no revision ${number}.`);
  const connector = connectors.get(revision.vendor);
  if (connector === undefined) return refused("", `This server has no connector for ${integration.vendorName}.`);
  const { content, mappingText } = revision;
  return { state, integration, number, content, mapping: mappingText ?? content.mapping, connector };
}

/** Whether deliveries go out with these settings, of this pipeline where one is named. */
function isLive({ state, integration, number }: Found, pipelineId: string | undefined): boolean {
  const latest = integration.revisions.at(-1)?.number;
  return state.lanes.some(
    (lane) =>
      lane.integrationId === integration.id &&
      (lane.revision ?? latest) === number &&
      (pipelineId === undefined || lane.pipelineId === pipelineId),
  );
}

function catalogueRoute(services: ConnectionTestServices): Route {
  return defineRoute({
    method: "POST",
    path: "/integration-catalog/{key}/test",
    operation: "testSettings",
    tag: "Integration catalogue",
    summary: "Test settings of a vendor that are not saved yet",
    description: "As for an integration; nothing of the request is kept.",
    access: "integrations:write",
    params: vendorParams,
    body: Type.Object(
      {
        config: request.config,
        variant: Type.Optional(request.variant),
        delivery_spec: Type.Optional(request.deliverySpec),
        pipeline_id: Type.Optional(pipelineId),
      },
      STRICT,
    ),
    answers,
    errors: ["NOT_FOUND", "VALIDATION_FAILED"],
    async handle({ params, body, queries, caller, newId }) {
      const connector = findVendor(services.connectors, params.key);
      if (isFault(connector)) return connector;
      const misplaced = refuseDeliverySpec(connector, body.delivery_spec);
      if (misplaced !== undefined) return misplaced;
      const state = await services.changes.load(queries);
      const id = newId("tmpl_");
      const document = {
        ...{ id, name: id, vendor: connector.key, variant: body.variant ?? "default" },
        config: withoutEmptySecrets(body.config, connector),
        ...(body.delivery_spec && { delivery_spec: body.delivery_spec }),
      };
      const read = readChange(services, state, {
        document: { integrations: [document] },
        form: openForm(services, state),
      });
      if (!read.ok) return invalid(read.faults, { faultsBelow: "integrations[0]." });
      const [integration] = read.file.integrations;
      if (integration === undefined) return fault("INTERNAL");
      const pipeline = namedPipeline(state, body.pipeline_id);
      if (isFault(pipeline)) return pipeline;
      const facts = { connector, settings: integration.content, pipeline, caller, isLive: false, isKept: false };
      const tried = readTried(services, state.organisation.id, facts);
      if (isFault(tried)) return tried;
      return test(services, tried, { name: connector.name, instead: "Install it, and test it with an event." });
    },
  });
}

/** @param instead what else can be done to see whether it works */
async function test(
  services: ConnectionTestServices,
  tried: Tried,
  { name, instead }: { name: string; instead: string },
): Promise<Success> {
  const { test: asked } = tried.plan;
  if (asked !== undefined) return { status: 200, body: await tryConnection(tried, testing(tried, asked), services) };
  return answered({ ok: null, message: `There is nothing to ask ${name} that would be no delivery. ${instead}` });
}

function answered(result: TryResult): Success {
  return { status: 200, body: { ...result, took_ms: 0 } };
}

function unreadableSecret(field: string): TryResult {
  const message = "This secret cannot be opened with the keys there are. Set it again, in a new revision.";
  return { ok: false, kind: "credentials", field, message };
}

function liveIntegration({ integrations }: ConfigurationState, id: string) {
  return integrations.find((one) => one.id === id && one.deletedAt === null);
}

function namedPipeline(state: ConfigurationState, id: string | undefined) {
  if (id === undefined) return undefined;
  return state.pipelines.find((one) => one.id === id) ?? refused("pipeline_id", `There is no pipeline ${id}.`);
}
