/** The data layer in the snapshot: its secrets sealed, and opened again where the steps are compiled. */
import type { DataLayerConfig } from "../data-layer/data-layer.ts";
import { type ConfigSeal, resealChanged } from "./content-seal.ts";
import type { SignalFile } from "./signal-file.ts";
import type { ConfigSnapshot } from "./snapshot.ts";

/** What the data layer's secrets are sealed for. */
const OBJECT = "data_layer";
const SALT = "pii_rules.salt";

type Resolved = Pick<ConfigSnapshot, "dataLayer" | "dataLayerSecrets" | "organisation">;

export function resolveDataLayer(
  seal: ConfigSeal,
  { dataLayer, organisation }: Pick<SignalFile, "dataLayer" | "organisation">,
  before: ConfigSnapshot | null,
): Resolved {
  const { salt, ...pii } = dataLayer?.pii_rules ?? {};
  const sealed =
    salt === undefined
      ? undefined
      : resealChanged(seal, OBJECT, { open: { [SALT]: salt }, sealed: before?.dataLayerSecrets ?? {} });
  const open = dataLayer?.pii_rules === undefined ? dataLayer : { ...dataLayer, pii_rules: pii };
  return {
    ...(open && { dataLayer: open }),
    ...(sealed && { dataLayerSecrets: sealed }),
    ...(organisation && { organisation }),
  };
}

/** The data layer with its secrets in clear; `open` throws for one that it cannot open. */
export function openDataLayer(
  { dataLayer, dataLayerSecrets = {} }: Pick<ConfigSnapshot, "dataLayer" | "dataLayerSecrets">,
  open: (sealed: string, object: string, field: string) => string,
): DataLayerConfig | undefined {
  const salt = dataLayerSecrets[SALT];
  if (dataLayer === undefined || salt === undefined) return dataLayer;
  return { ...dataLayer, pii_rules: { ...dataLayer.pii_rules, salt: open(salt, OBJECT, SALT) } };
}
