/** Reads the section `integrations`: settings split, mapping checked, content of the next revision made. */
import type { Connector } from "../connector/contract.ts";
import type { JsonObject } from "../json.ts";
import { type FaultPath, pathText } from "./fault.ts";
import type { LooseContent, LooseIntegration } from "./file-schema.ts";
import { derivedId } from "./ids.ts";
import { readBatch } from "./read-batch.ts";
import { addFault, addWarning, childOf, type ReadContext, type Spot } from "./read-context.ts";
import { checkMapping, readMapping, type ReadMapping } from "./read-mapping.ts";
import { readSettings, type ReadSettings } from "./read-settings.ts";
import type { FileIntegration, FileRevision, OpenContent } from "./signal-file.ts";
import { suggestion } from "./suggest.ts";
import type { SourceMap } from "./yaml-source.ts";

/** One integration as read, with what later checks need; `file` is undefined where its vendor or name is at fault. */
export interface ReadIntegration {
  path: FaultPath;
  name: string | undefined;
  id: string | undefined;
  spot: Spot;
  connector: Connector | undefined;
  settings: ReadSettings | undefined;
  mapping: ReadMapping | undefined;
  file: FileIntegration | undefined;
}

export function readIntegrations(context: ReadContext, loose: readonly (LooseIntegration | null)[]): ReadIntegration[] {
  const list = childOf(context.source.root, "integrations")?.node;
  const read: ReadIntegration[] = [];
  for (const [index, integration] of loose.entries()) {
    const node = childOf(list, index)?.node;
    if (integration !== null && node?.kind === "map") {
      read.push(readIntegration(context, integration, { node, path: ["integrations", index] }));
    }
  }
  return read;
}

function readIntegration(
  context: ReadContext,
  loose: LooseIntegration,
  at: { node: SourceMap; path: FaultPath },
): ReadIntegration {
  const connector = findConnector(context, loose.vendor, at);
  const { settings, mapping, variant, content } = readContent(context, loose, { ...at, connector });
  const name = loose.name;
  const id = loose.id ?? (name === undefined ? undefined : derivedId("template", name));
  const spot = { source: context.source, offset: at.node.offset, path: at.path };
  const earlier = readEarlier(context, loose, { ...at, connector });
  const read: ReadIntegration = { path: at.path, name, id, spot, connector, settings, mapping, file: undefined };
  if (connector === undefined || content === undefined || name === undefined || id === undefined) return read;
  warnOfConsent(context, content, { connector, name, at });
  const { source, offset, path } = spot;
  read.file = {
    id,
    name,
    vendor: connector.key,
    vendorName: loose.vendor_name ?? connector.name,
    custom: loose.vendor_name !== undefined,
    description: loose.description ?? "",
    deliveryMode: "server_side",
    content,
    variant,
    mappingText: mapping?.text ?? null,
    revision: loose.revision ?? null,
    earlier,
    place: source.place(offset, path),
  };
  return read;
}

interface ReadContent {
  variant: string;
  mapping: ReadMapping | undefined;
  settings: ReadSettings | undefined;
  /** Undefined where there is no such vendor. */
  content: OpenContent | undefined;
}

/** What a revision holds: of the integration itself, or of one of its earlier revisions. */
function readContent(
  context: ReadContext,
  loose: LooseContent,
  at: At & { connector: Connector | undefined },
): ReadContent {
  const { connector } = at;
  const variant = readVariant(context, loose.variant, at);
  const mapping = readMapping(context, at.node, at);
  if (mapping !== undefined) checkMapping(context, mapping);
  else if (connector !== undefined) warnUnmapped(context, connector, at);
  if (connector === undefined) return { variant, mapping, settings: undefined, content: undefined };
  const settings = readSettings(context, { connector, integration: at.node, path: at.path, variant, mapping });
  const spot = { source: context.source, offset: at.node.offset, path: at.path };
  return { variant, mapping, settings, content: contentOf(context, loose, { at, connector, settings, mapping, spot }) };
}

/** What a vendor has blueprints for takes no events of ours. */
function warnUnmapped(context: ReadContext, { name, blueprints = [] }: Connector, { node, path }: At): void {
  const isSaid = ["mapping", "mapping_file", "blueprint"].some((key) => node.entries.has(key));
  if (isSaid || blueprints.length === 0) return;
  const spot = { source: context.source, offset: node.offset, path };
  const keys = blueprints.map(({ key }) => key).join(", ");
  addWarning(context, spot, `${name} is sent events as they are, without a mapping`, `Add blueprint: one of ${keys}.`);
}

function readEarlier(
  context: ReadContext,
  loose: LooseIntegration,
  at: At & { connector: Connector | undefined },
): FileRevision[] {
  const list = at.node.entries.get("earlier_revisions")?.node;
  const read: FileRevision[] = [];
  for (const [index, one] of (loose.earlier_revisions ?? []).entries()) {
    const node = childOf(list, index)?.node;
    if (one === null || node?.kind !== "map") continue;
    const path = [...at.path, "earlier_revisions", index];
    const { content, variant, mapping } = readContent(context, one, { node, path, connector: at.connector });
    const number = one.revision;
    if (content === undefined || number === undefined) continue;
    const before = read.at(-1)?.number ?? 0;
    if (number <= before || (loose.revision !== undefined && number >= loose.revision)) {
      const spot = { source: context.source, offset: node.offset, path: [...path, "revision"] };
      addFault(context, spot, `revision ${number} is out of order`, "List them upwards, below the integration's own.");
    }
    read.push({ number, content, variant, mappingText: mapping?.text ?? null });
  }
  return read;
}

type At = { node: SourceMap; path: FaultPath };

function findConnector(context: ReadContext, vendor: string | undefined, at: At): Connector | undefined {
  if (vendor === undefined) return undefined;
  const connector = context.options.connectors.get(vendor);
  if (connector !== undefined) return connector;
  const node = at.node.entries.get("vendor")?.node;
  const spot = { source: context.source, offset: node?.offset ?? at.node.offset, path: [...at.path, "vendor"] };
  const raw = node?.kind === "scalar" ? node.raw : "";
  addFault(context, spot, `unknown vendor "${raw}"`, suggestion(vendor, [...context.options.connectors.keys()]));
  return undefined;
}

function readVariant(
  context: ReadContext,
  variant: string | undefined,
  at: At & { connector: Connector | undefined },
): string {
  if (variant === undefined || variant === "default" || at.connector === undefined) return variant ?? "default";
  const known = [
    "default",
    ...at.connector.variants.map((candidate) => candidate.key).filter((key) => key !== "default"),
  ];
  if (known.includes(variant)) return variant;
  const node = at.node.entries.get("variant")?.node;
  const spot = { source: context.source, offset: node?.offset ?? at.node.offset, path: [...at.path, "variant"] };
  const raw = node?.kind === "scalar" ? node.raw : "";
  addFault(context, spot, `${at.connector.name} has no variant "${raw}"`, suggestion(variant, known));
  return "default";
}

function contentOf(
  context: ReadContext,
  loose: LooseContent,
  from: { at: At; connector: Connector; settings: ReadSettings; mapping: ReadMapping | undefined; spot: Spot },
): OpenContent {
  const { settings, connector, at } = from;
  const section = at.node.entries.get("batch");
  const fallback = { ...from.spot, ...(section && { offset: section.keyOffset, path: [...at.path, "batch"] }) };
  const batch = readBatch(context, { connector, section: loose.batch ?? {}, settings, fallback });
  const limits = loose.rate_limits ?? {};
  return {
    parameters: settings.parameters,
    secrets: settings.secrets,
    mapping: from.mapping?.document ?? null,
    consentCategories: consentOf(context, loose, at),
    rateLimits: {
      rps: limits.rate_limit_rps ?? null,
      burst: limits.rate_limit_burst ?? null,
      daily: limits.rate_limit_daily ?? null,
    },
    batch,
    deliverySpec: specOf(context, loose, from),
  };
}

/** In the order given; one that is named twice is a fault, so that a slip for another category shows. */
function consentOf(context: ReadContext, loose: LooseContent, at: At): string[] {
  const categories: string[] = [];
  for (const [index, category] of (loose.consent_categories ?? []).entries()) {
    if (category === null) continue;
    if (!categories.includes(category)) {
      categories.push(category);
      continue;
    }
    const path = [...at.path, "consent_categories", index];
    const node = childOf(at.node.entries.get("consent_categories")?.node, index)?.node;
    addFault(
      context,
      { source: context.source, offset: node?.offset ?? at.node.offset, path },
      "this consent category stands twice",
      "Keep one of the two.",
    );
  }
  return categories;
}

function specOf(
  context: ReadContext,
  { delivery_spec: spec }: LooseContent,
  { at, connector, settings }: { at: At; connector: Connector; settings: ReadSettings },
): JsonObject | null {
  if (spec === undefined || spec === null) return null;
  const own = pathText([...at.path, "delivery_spec"]);
  if (context.faults.some(({ path }) => path.startsWith(own))) settings.faulty.add("delivery_spec");
  if (connector.takes_delivery_spec !== true) {
    const offset = at.node.entries.get("delivery_spec")?.keyOffset ?? at.node.offset;
    const spot = { source: context.source, offset, path: [...at.path, "delivery_spec"] };
    const message = `${connector.name} takes no delivery specification`;
    addFault(context, spot, message, "Leave it out: its config says how to deliver.");
    return null;
  }
  return JSON.parse(JSON.stringify(spec)) as JsonObject;
}

function warnOfConsent(
  context: ReadContext,
  content: OpenContent,
  about: { connector: Connector; name: string; at: At },
): void {
  const { connector, name, at } = about;
  if (
    at.node.entries.has("consent_categories") ||
    content.consentCategories.length > 0 ||
    connector.consent_categories.length === 0
  )
    return;
  const spot = { source: context.source, offset: at.node.offset, path: at.path };
  const wanted = connector.consent_categories.join(", ");
  addWarning(
    context,
    spot,
    `"${name}" names no consent categories: every event is delivered, whatever the visitor chose`,
    `Add consent_categories: [${wanted}], or consent_categories: [] to say that it is meant.`,
  );
}
