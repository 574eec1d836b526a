/** Checks each integration as its pipelines will use it: parameters present, secrets in place, the connector content. */
import type { SettingsFault } from "../connector/contract.ts";
import { refusedKindOfUrl } from "../connector/refused-address.ts";
import type { JsonObject } from "../json.ts";
import { parsePath } from "../mapping/path.ts";
import { fillParameters, parameterReferences } from "./pipeline-parameters.ts";
import { addFault, addWarning, childOf, isIgnored, type ReadContext, type Spot } from "./read-context.ts";
import { UNREADABLE } from "./content-seal.ts";
import { pathText } from "./fault.ts";
import type { ReadIntegration } from "./read-integrations.ts";
import type { ReadPipeline } from "./read-pipelines.ts";
import { isLiteral } from "./given-settings.ts";
import { refusePlainSecret } from "./read-settings.ts";
import type { FileIntegration, OpenContent } from "./signal-file.ts";

type Checked = ReadIntegration & { file: FileIntegration };

export function checkLanes(
  context: ReadContext,
  read: { pipelines: readonly ReadPipeline[]; integrations: readonly ReadIntegration[] },
): void {
  for (const pipeline of read.pipelines) markSecretParameters(context, pipeline);
  for (const integration of read.integrations) {
    if (!isChecked(integration)) continue;
    const users = read.pipelines.filter((pipeline) => pipeline.integrations.get(integration.file.id) === integration);
    for (const pipeline of users) checkParameters(context, pipeline, integration);
    checkPlans(context, integration, users);
    if (users.length === 0 && context.options.literal !== true) {
      const { name } = integration.file;
      addWarning(
        context,
        integration.spot,
        `no pipeline sends to "${name}"`,
        `Add - integration: ${name} to the integrations of a pipeline.`,
      );
    }
  }
}

function isChecked(integration: ReadIntegration): integration is Checked {
  return integration.file !== undefined;
}

/** A parameter that a secret setting is made of is a secret itself. */
function markSecretParameters(context: ReadContext, pipeline: ReadPipeline): void {
  const used = [...pipeline.integrations.values()].filter(isChecked).flatMap((integration) => {
    const content = contentAt(pipeline, integration) ?? integration.file.content;
    return parameterReferences(content.secrets);
  });
  const node = childOf(pipeline.node, "parameters")?.node;
  const known = context.options.secretParameters?.(pipeline.file.id) ?? [];
  const keys = new Set([...pipeline.file.secretParameters, ...used, ...known]);
  pipeline.file.secretParameters = [];
  for (const key of keys) {
    const value = pipeline.file.parameters[key];
    const entry = childOf(node, key);
    if (value === undefined || entry === undefined) continue;
    pipeline.file.secretParameters.push(key);
    context.secrets.add(value);
    const spot = { source: context.source, offset: entry.keyOffset, path: [...pipeline.path, "parameters", key] };
    if (isLiteral(entry.node)) refusePlainSecret(context, spot, key);
  }
}

/** What the lane will work with; undefined where the text does not hold that revision. */
function contentAt(pipeline: ReadPipeline, { file }: Checked): OpenContent | undefined {
  const revision = pipeline.file.assignments.find((one) => one.integrationId === file.id)?.revision ?? "latest";
  if (revision === "latest" || revision === file.revision) return file.content;
  return file.earlier.find(({ number }) => number === revision)?.content;
}

function checkParameters(context: ReadContext, pipeline: ReadPipeline, integration: Checked): void {
  const content = contentAt(pipeline, integration);
  // A revision that is kept already is checked where the text is applied.
  if (content === undefined) return;
  const lane = laneSpot(pipeline, integration);
  const missing = (keys: readonly string[]): string[] =>
    keys.filter((key) => !Object.hasOwn(pipeline.file.parameters, key));
  const settings = [content.parameters, content.secrets, content.deliverySpec].flatMap((part) =>
    parameterReferences(part),
  );
  for (const key of new Set(missing(settings))) {
    const setting = Object.entries({ ...content.parameters, ...content.secrets }).find(([, value]) =>
      parameterReferences(value).includes(key),
    );
    const own = setting === undefined ? integration.spot : settingSpot(integration, setting[0]);
    const message = `"${integration.file.name}" needs the pipeline parameter ${key}`;
    const whose = isBeside(context, lane) ? `, which "${pipeline.file.name}" has not` : "";
    addFault(context, counted(context, lane, own), message + whose, `Add parameters: { ${key}: … } to the pipeline.`);
  }
  const spot = counted(context, lane, childSpot(integration, "mapping"));
  const mapped = parameterReferences(content.mapping);
  for (const key of missing(mapped).filter((candidate) => !settings.includes(candidate))) {
    const message = `the mapping of "${integration.file.name}" uses the pipeline parameter ${key}, which this pipeline has not`;
    addWarning(context, spot, message, `Add parameters: { ${key}: … } to the pipeline.`);
  }
  for (const key of mapped.filter((candidate) => pipeline.file.secretParameters.includes(candidate))) {
    const cure = "Use another parameter in the mapping: what it makes is stored and shown in clear.";
    addFault(context, spot, `the mapping of "${integration.file.name}" uses ${key}, which is a secret parameter`, cure);
  }
}

/** Asks the connector, once for each pipeline's parameters: what is alike is reported once. */
function checkPlans(context: ReadContext, integration: Checked, users: readonly ReadPipeline[]): void {
  const { content } = integration.file;
  // Faults in the form of a delivery spec have been said; what is left of it would be found at fault for them again.
  if (integration.settings?.faulty.has("delivery_spec")) return;
  const references = parameterReferences([content.parameters, content.secrets, content.deliverySpec]);
  if (references.length === 0) {
    reportPlan(context, integration, { parameters: {}, suffix: "" });
    return;
  }
  for (const pipeline of users) {
    if (contentAt(pipeline, integration) !== content) continue;
    if (references.some((key) => !Object.hasOwn(pipeline.file.parameters, key))) continue;
    reportPlan(context, integration, {
      parameters: pipeline.file.parameters,
      suffix: ` (with the parameters of "${pipeline.file.name}")`,
      spot: laneSpot(pipeline, integration),
    });
  }
}

function reportPlan(
  context: ReadContext,
  integration: Checked,
  lane: { parameters: Readonly<Record<string, string>>; suffix: string; spot?: Spot },
): void {
  const { content } = integration.file;
  const parameters = fillParameters<JsonObject>(content.parameters, lane.parameters);
  const secrets = fillParameters<Record<string, string>>(content.secrets, lane.parameters);
  // Of what cannot be opened the vendor can say nothing.
  if (JSON.stringify([parameters, secrets]).includes(UNREADABLE)) return;
  const deliverySpec = fillParameters<JsonObject | null>(content.deliverySpec, lane.parameters);
  const { environment } = context.options;
  const settings = { parameters, secrets, batch: content.batch, environment, deliverySpec };
  const plan = integration.connector?.plan(settings);
  if (plan === undefined) return;
  if (!Array.isArray(plan)) {
    if (plan.guarded) warnOfOwnNetwork(context, integration, { settings: { ...parameters, ...secrets }, ...lane });
    return;
  }
  for (const fault of plan) {
    const field = fieldOf(integration, fault);
    if (integration.settings?.faulty.has(field)) continue;
    const spot = counted(context, settingSpot(integration, field), lane.spot);
    addFault(context, spot, `${fault.message}${lane.suffix}`, cureOf(integration, field));
  }
}

/** Refused kinds that are nobody's network. */
const NOT_INSIDE: ReadonlySet<string> = new Set(["a multicast", "a reserved", "an IPv4-in-IPv6"]);

/** What needs no look at DNS: names may lead elsewhere by the time they are asked. */
function warnOfOwnNetwork(
  context: ReadContext,
  integration: Checked,
  lane: { settings: JsonObject; suffix: string },
): void {
  if (context.options.allowPrivateAddresses === true) return;
  for (const [field, value] of Object.entries(lane.settings)) {
    const kind = typeof value === "string" ? refusedKindOfUrl(value) : null;
    if (kind === null) continue;
    const where = NOT_INSIDE.has(kind) ? `to ${kind} address` : "into your own network";
    const message = `${field} leads ${where} and will be refused${lane.suffix}`;
    const cure = "Set SIGNAL_ALLOW_PRIVATE_ADDRESSES=true if that is meant.";
    addWarning(context, settingSpot(integration, field), message, cure);
  }
}

/** Connectors name a field by its key, or by a path that ends in it. */
function fieldOf(integration: Checked, fault: SettingsFault): string {
  if (fault.field.startsWith("delivery_spec")) return fault.field;
  const known = new Set(integration.connector?.config_fields.map((field) => field.key));
  if (known.has(fault.field)) return fault.field;
  const parts = fault.field.split(/[.[\]]+/).filter((part) => part !== "");
  return parts.find((part) => known.has(part)) ?? fault.field;
}

/** A fault of a delivery spec names its place in it: the nearest that stands in the text. */
function specSpot(integration: Checked, field: string): Spot | undefined {
  const segments = field.startsWith("delivery_spec") ? parsePath(field) : undefined;
  if (segments === undefined || "fault" in segments) return undefined;
  const { source } = integration.spot;
  let node = integration.path.reduce<typeof source.root>((parent, key) => childOf(parent, key)?.node, source.root);
  const path = [...integration.path];
  let offset = integration.spot.offset;
  for (const segment of segments) {
    const key = segment.kind === "key" ? segment.key : segment.kind === "index" ? segment.index : "";
    const child = childOf(node, key);
    if (child === undefined) break;
    [node, offset] = [child.node, child.keyOffset];
    path.push(key);
  }
  return { source, offset, path };
}

function settingSpot(integration: Checked, field: string): Spot {
  const inSpec = specSpot(integration, field);
  if (inSpec !== undefined) return inSpec;
  const own = integration.settings?.spots.get(field);
  if (own !== undefined) return own;
  const node = integration.spot.source.root;
  const object = integration.path.reduce<typeof node>((parent, key) => childOf(parent, key)?.node, node);
  const section = field.startsWith("batch") ? "batch" : "config";
  const entry = childOf(object, section) ?? childOf(object, "config");
  if (entry === undefined) return integration.spot;
  const isField = integration.connector?.config_fields.some(({ key }) => key === field) === true;
  const path = [...integration.path, ...(isField ? ["config", field] : [section])];
  return { ...integration.spot, offset: entry.keyOffset, path };
}

function cureOf(integration: Checked, key: string): string {
  const field = integration.connector?.config_fields.find((candidate) => candidate.key === key);
  if (key.startsWith("delivery_spec")) return "docs/connectors.md says what a delivery spec holds.";
  return field === undefined
    ? `See the settings of ${integration.file.vendorName}.`
    : `${field.label}: ${field.help_text}`;
}

/** What is wrong between two objects stands at the first of their places that faults count at. */
function counted(context: ReadContext, first: Spot, second: Spot | undefined): Spot {
  return second !== undefined && isBeside(context, first) ? second : first;
}

function isBeside(context: ReadContext, { source, path }: Spot): boolean {
  return isIgnored(context, { file: source.file, path: pathText(path) });
}

function childSpot(integration: Checked, key: string): Spot {
  return { ...integration.spot, path: [...integration.path, key] };
}

function laneSpot(pipeline: ReadPipeline, integration: Checked): Spot {
  const index = pipeline.file.assignments.findIndex((assignment) => assignment.integrationId === integration.file.id);
  return pipeline.laneSpots[index] ?? pipeline.spot;
}
