/** Under which key a secret is sealed, and whether it opens. */
import { type ConfigSeal, SealedSecretError, type SecretAddress } from "@datafly-signal/core";
import type { SealedHolder, SealedRevision } from "@datafly-signal/ports/store";

/** A secret that no key opens: by what holds it, never by anything of it. */
export interface UnreadableSecret {
  /** `tmpl_…`, `pip_…` or `data_layer`. */
  object: string;
  field: string;
  /** Of an integration's secret: the revision that it stands in. */
  revision?: number;
}

export interface Examined {
  /** Under the current key. */
  current: number;
  /** By field, those that a previous key has sealed, in clear. */
  previous: Record<string, string>;
  /** By field, all that open, in clear. */
  open: Record<string, string>;
  unreadable: UnreadableSecret[];
}

export type SealKeys = Pick<ConfigSeal, "keyring" | "organisationId">;

export function examineHolder(keys: SealKeys, { object, secrets }: SealedHolder): Examined {
  const { keyring, organisationId: organisation } = keys;
  const examined: Examined = { current: 0, previous: {}, open: {}, unreadable: [] };
  for (const [field, sealed] of Object.entries(secrets)) {
    const plain = opened(keyring, sealed, { organisation, object, field });
    if (plain === null) {
      examined.unreadable.push({ object, field });
      continue;
    }
    examined.open[field] = plain;
    if (keyring.needsResealing(sealed)) examined.previous[field] = plain;
    else examined.current += 1;
  }
  return examined;
}

export function examineRevision(keys: SealKeys, revision: SealedRevision): Examined {
  const { integrationId, number, secrets } = revision;
  const examined = examineHolder(keys, { object: integrationId, secrets });
  return { ...examined, unreadable: examined.unreadable.map((one) => ({ ...one, revision: number })) };
}

/** Of a fingerprint or a sealed text. */
export function isOfPreviousKey({ keyring }: SealKeys, mark: string): boolean {
  return keyring.previousKeyIds.includes(mark.split(".")[1] ?? "");
}

function opened(keyring: ConfigSeal["keyring"], sealed: string, address: SecretAddress): string | null {
  try {
    return keyring.open(sealed, address);
  } catch (error) {
    if (error instanceof SealedSecretError) return null;
    throw error;
  }
}
