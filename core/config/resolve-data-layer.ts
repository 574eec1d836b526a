/** The data layer's secrets: sealed where it is kept, and opened again where the steps are compiled. */
import type { DataLayerConfig } from "../data-layer/data-layer.ts";
import { type ConfigSeal, resealChanged } from "./content-seal.ts";
import type { ConfigSnapshot, SealedSecret } from "./snapshot.ts";

/** What the data layer's secrets are sealed for. */
const OBJECT = "data_layer";
const SALT = "pii_rules.salt";

/** @param before the secrets as they were sealed: those that are the same stay */
export function sealDataLayer(
  seal: ConfigSeal,
  dataLayer: DataLayerConfig | undefined,
  before: Readonly<Record<string, SealedSecret>>,
): { config: DataLayerConfig | null; secrets: Record<string, SealedSecret> } {
  if (dataLayer === undefined) return { config: null, secrets: {} };
  const { salt, ...pii } = dataLayer.pii_rules ?? {};
  if (salt === undefined) return { config: dataLayer, secrets: {} };
  const secrets = resealChanged(seal, OBJECT, { open: { [SALT]: salt }, sealed: before });
  return { config: { ...dataLayer, pii_rules: pii }, secrets };
}

/** The name of the salt among the secrets, and what they are sealed for. */
export const DATA_LAYER_SALT = { object: OBJECT, field: SALT } as const;

/** The data layer with its secrets in clear; `open` throws for one that it cannot open. */
export function openDataLayer(
  { dataLayer, dataLayerSecrets = {} }: Pick<ConfigSnapshot, "dataLayer" | "dataLayerSecrets">,
  open: (sealed: string, object: string, field: string) => string,
): DataLayerConfig | undefined {
  const salt = dataLayerSecrets[SALT];
  if (dataLayer === undefined || salt === undefined) return dataLayer;
  return { ...dataLayer, pii_rules: { ...dataLayer.pii_rules, salt: open(salt, OBJECT, SALT) } };
}
