/** Reads `data_layer` and `organisation`: what their schemas do not see is said at its own line. */
import { type DataLayerConfig, dataLayerFaults, type OrganisationConfig } from "../data-layer/data-layer.ts";
import type { StepFault } from "../data-layer/step.ts";
import type { JsonValue } from "../json.ts";
import { isLiteral } from "./given-settings.ts";
import { addFault, childOf, type ReadContext, type Spot } from "./read-context.ts";
import { refusePlainSecret } from "./read-settings.ts";
import type { SignalFile } from "./signal-file.ts";
import type { SourceNode } from "./yaml-source.ts";

/** @param loose the file after its shape was checked: what was not sound is absent */
export function readDataLayer(
  context: ReadContext,
  loose: Record<string, JsonValue>,
): Pick<SignalFile, "dataLayer" | "organisation"> {
  const layer = loose["data_layer"] as DataLayerConfig | undefined;
  const organisation = loose["organisation"] as OrganisationConfig | undefined;
  const given = {
    ...(layer && { data_layer: soundParts(context, "data_layer", layer) }),
    ...(organisation && { organisation: soundParts(context, "organisation", organisation) }),
  };
  for (const { path, message, cure } of dataLayerFaults(given)) addFault(context, spotOf(context, path), message, cure);
  checkSalt(context, layer);
  checkCode(context, layer);
  const located = withLocations(context, layer);
  return { ...(located && { dataLayer: located }), ...(organisation && { organisation }) };
}

/** Without the parts that their shape refused: those have their faults already, and may lack what their checks need. */
function soundParts<T extends object>(context: ReadContext, section: string, given: T): Partial<T> {
  const faulty = new Set(context.faults.map(({ path }) => path.split(/[.[]/, 2).join(".")));
  return Object.fromEntries(Object.entries(given).filter(([part]) => !faulty.has(`${section}.${part}`))) as Partial<T>;
}

function checkSalt(context: ReadContext, layer: DataLayerConfig | undefined): void {
  const salt = layer?.pii_rules?.salt;
  if (salt === undefined) return;
  context.secrets.add(salt);
  const path = ["data_layer", "pii_rules", "salt"];
  const node = nodeAt(context, path);
  if (node?.kind === "scalar" && isLiteral(node)) refusePlainSecret(context, spotOf(context, path), "salt");
}

function checkCode(context: ReadContext, layer: DataLayerConfig | undefined): void {
  const code = layer?.custom_js?.code;
  const fault = code === undefined ? null : (context.options.checkCode?.(code) ?? null);
  if (fault === null) return;
  const where = fault.line === undefined ? "" : ` (line ${fault.line} of the code)`;
  const spot = spotOf(context, ["data_layer", "custom_js", "code"]);
  addFault(context, spot, `the code cannot be run: ${fault.message}${where}`, "Correct the code.");
}

/** The file of locations by its whole path. */
function withLocations(context: ReadContext, layer: DataLayerConfig | undefined): DataLayerConfig | undefined {
  const { geo } = layer ?? {};
  // The path may have been refused by its shape.
  if (layer === undefined || geo?.database === undefined || geo.enabled === false) return layer;
  const checked = context.options.checkLocations?.(geo.database) ?? { path: geo.database };
  if ("path" in checked) return { ...layer, geo: { ...geo, database: checked.path } };
  const cure = "Paths are relative to this file: check name and permissions, and that it is an MMDB file.";
  addFault(context, spotOf(context, ["data_layer", "geo", "database"]), checked.fault, cure);
  return layer;
}

function nodeAt(context: ReadContext, path: StepFault["path"]): SourceNode | undefined {
  let node: SourceNode | undefined = context.source.root;
  for (const key of path) node = childOf(node, key)?.node;
  return node;
}

/** The nearest place that the file itself has. */
function spotOf(context: ReadContext, path: StepFault["path"]): Spot {
  const { source } = context;
  let node: SourceNode | undefined = source.root;
  let offset = 0;
  for (const key of path) {
    const child = childOf(node, key);
    if (child === undefined) break;
    offset = child.keyOffset;
    ({ node } = child);
  }
  return { source, offset, path: [...path] };
}
