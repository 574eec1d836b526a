/** One vendor with a single lane: its plan, its deliveries, and the configuration in which the worker finds them. */
import { loadConnectors } from "@datafly-signal/connectors";
import { vendorExample } from "@datafly-signal/connectors/example-case";
import {
  compileMapping,
  type ConfigSnapshot,
  type Connector,
  type DeliveryPlan,
  type DeliveryRecord,
  type RevisionContent,
  type SignalEvent,
} from "@datafly-signal/core";

export const INTEGRATION = "tmpl_bench";
const LANE = "pi_bench";
const PIPELINE = "pip_bench";
/** No vendor's limit: what is measured is the worker, which asks for its tokens all the same. */
const NO_LIMIT = 1_000_000;

export interface ConnectorCase {
  connector: Connector;
  plan: DeliveryPlan;
  snapshot: ConfigSnapshot;
  /** The delivery of this number, each of another visitor. */
  delivery(index: number): DeliveryRecord;
}

/** The vendor with settings that work, its default blueprint, and a purchase as data layer and clients can fill it. */
export async function openCase(vendor: string): Promise<ConnectorCase> {
  const connector = (await loadConnectors(undefined, [vendor])).get(vendor);
  if (connector === undefined) throw new Error(`There is no connector "${vendor}".`);
  const { settings, event } = await vendorExample(connector);
  const plan = connector.plan(settings);
  if (Array.isArray(plan)) throw new Error(`${vendor}: settings at fault: ${JSON.stringify(plan)}`);
  const snapshot = snapshotOf(connector, {
    parameters: settings.parameters,
    // Not sealed: nothing is opened here.
    secrets: settings.secrets,
    mapping: null,
    consentCategories: [],
    rateLimits: { rps: NO_LIMIT, burst: NO_LIMIT, daily: 0 },
    batch: {},
    deliverySpec: null,
  });
  return { connector, plan, snapshot, delivery: deliveryMaker(connector, event as unknown as SignalEvent) };
}

function deliveryMaker(connector: Connector, sample: SignalEvent): (index: number) => DeliveryRecord {
  const apply = mapper(connector);
  const now = new Date().toISOString();
  return (index) => {
    const messageId = `bench-${index}`;
    const visitor = String(1_000_000_000 + index);
    const event: SignalEvent = {
      ...sample,
      messageId,
      anonymousId: `00000000-0000-4000-8000-${visitor.padStart(12, "0")}`,
      userId: `user-${visitor}`,
      timestamp: now,
      receivedAt: now,
      vendor_ids: { ...(sample["vendor_ids"] as object | undefined), ga_client_id: `${visitor}.1772000000` },
    };
    return {
      v: 1,
      deliveryId: `${LANE}:${messageId}`,
      messageId,
      pipelineId: PIPELINE,
      integrationId: INTEGRATION,
      pipelineIntegrationId: LANE,
      revision: 1,
      snapshot: 1,
      eventName: typeof event["event"] === "string" ? event["event"] : event.type,
      ...apply(event),
      event,
      consent: null,
      timestamp: now,
      receivedAt: now,
      raw: { partition: 0, offset: index },
    };
  };
}

/** Without a blueprint the payload is the event. */
function mapper(connector: Connector): (event: SignalEvent) => Pick<DeliveryRecord, "payload" | "vendorEventName"> {
  const blueprint = connector.blueprints?.find(({ key }) => key === "default");
  if (blueprint === undefined) return (event) => ({ payload: event, vendorEventName: null });
  const made = compileMapping(blueprint.mapping);
  if ("faults" in made) throw new Error(`${connector.key}: ${JSON.stringify(made.faults)}`);
  return (event) => {
    const mapped = made.mapping.apply(event, {});
    if (mapped.kind === "stopped") throw new Error(`${connector.key}: the event was not mapped: ${mapped.reason}`);
    return { payload: mapped.payload, vendorEventName: mapped.vendorEventName };
  };
}

function snapshotOf(connector: Connector, revision: RevisionContent): ConfigSnapshot {
  return {
    number: 1,
    environment: "production",
    organisationId: "org_bench",
    pipelines: [
      {
        id: PIPELINE,
        name: "Bench",
        slug: "bench",
        type: "web",
        enabled: true,
        keys: [],
        domainAllowlist: [],
        rateLimitRps: NO_LIMIT,
        parameters: {},
      },
    ],
    integrations: [
      {
        id: INTEGRATION,
        name: connector.name,
        vendor: connector.key,
        vendorName: connector.name,
        variant: "default",
        deliveryMode: "server_side",
        latestRevision: 1,
        revisions: { 1: revision },
        consentByRevision: { 1: [] },
      },
    ],
    lanes: [{ id: LANE, pipelineId: PIPELINE, integrationId: INTEGRATION, revision: 1, enabled: true }],
    removed: [],
  };
}
