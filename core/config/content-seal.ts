/** Seals a revision's content, tells whether content changed, and says what did. */
import type { JsonValue } from "../json.ts";
import { SealedSecretError, type Keyring } from "../secrets/sealing.ts";
import { asJson, canonicalJson } from "./canonical-json.ts";
import { parameterReferences } from "./pipeline-parameters.ts";
import type { OpenContent } from "./signal-file.ts";
import type { RevisionContent, SealedSecret } from "./snapshot.ts";

/** Stands for a secret that no key opens any more, where the object that holds it is edited: it stays as it is. */
export const UNREADABLE = "\u2400 a secret that no key opens";

/** How secrets are sealed: the keys, the chance for nonces, and whose they are. */
export interface ConfigSeal {
  keyring: Keyring;
  /** 12 fresh random bytes at each call. */
  nonce: () => Uint8Array;
  organisationId: string;
}

/** The fingerprint of an integration's content at its vendor. */
export function contentHash(seal: ConfigSeal, vendor: string, content: OpenContent): string {
  return seal.keyring.fingerprint(contentText(vendor, content));
}

export function isSameContent(
  seal: ConfigSeal,
  hash: string,
  input: { vendor: string; content: OpenContent },
): boolean {
  return seal.keyring.fingerprintMatches(hash, contentText(input.vendor, input.content));
}

function contentText(vendor: string, content: OpenContent): string {
  return canonicalJson(asJson({ vendor, ...content }));
}

/** @param object the id of the integration or pipeline that holds the secrets */
export function sealAll(
  seal: ConfigSeal,
  object: string,
  open: Readonly<Record<string, string>>,
): Record<string, SealedSecret> {
  const { keyring, nonce, organisationId } = seal;
  return Object.fromEntries(
    Object.entries(open).map(([field, plain]) => [
      field,
      keyring.seal(plain, { organisation: organisationId, object, field }, nonce()),
    ]),
  );
}

/** Secrets sealed anew where they changed, were never sealed, or were sealed with a previous key; the others as they are. */
export function resealChanged(
  seal: ConfigSeal,
  object: string,
  secrets: { open: Readonly<Record<string, string>>; sealed: Readonly<Record<string, SealedSecret>> },
): Record<string, SealedSecret> {
  return Object.fromEntries(
    Object.entries(secrets.open).map(([field, plain]): [string, SealedSecret] => {
      const before = Object.hasOwn(secrets.sealed, field) ? secrets.sealed[field] : undefined;
      const keeps =
        before !== undefined &&
        (plain === UNREADABLE ||
          (!seal.keyring.needsResealing(before) && openedSecret(seal, object, { field, sealed: before }) === plain));
      return [field, keeps ? before : (sealAll(seal, object, { [field]: plain })[field] ?? "")];
    }),
  );
}

/** What differs between a stored content and a new one, in the words of the file; never a value. */
export function changedParts(
  seal: ConfigSeal,
  object: string,
  change: { before: RevisionContent; after: OpenContent },
): string[] {
  const { before, after } = change;
  const parts: string[] = [];
  for (const key of changedKeys(before.parameters, after.parameters)) parts.push(`config.${key}`);
  for (const field of new Set([...Object.keys(before.secrets), ...Object.keys(after.secrets)])) {
    const sealed = before.secrets[field];
    const plain = after.secrets[field];
    const was = sealed === undefined ? undefined : openedSecret(seal, object, { field, sealed });
    if (was !== plain) parts.push(`secret ${field}`);
  }
  const others = [
    ["mapping", before.mapping, after.mapping],
    ["consent_categories", before.consentCategories, after.consentCategories],
    ["rate_limits", asJson(before.rateLimits), asJson(after.rateLimits)],
    ["batch", asJson(before.batch), asJson(after.batch)],
    ["delivery_spec", before.deliverySpec, after.deliverySpec],
  ] satisfies [string, JsonValue, JsonValue][];
  for (const [name, was, is] of others) if (canonicalJson(was) !== canonicalJson(is)) parts.push(name);
  return parts;
}

/** The keys of pipeline parameters that the secrets of an integration are made of. */
export function secretReferences(seal: ConfigSeal, object: string, { secrets }: RevisionContent): string[] {
  const opened = Object.entries(secrets).map(([field, sealed]) => openedSecret(seal, object, { field, sealed }));
  return parameterReferences(opened.filter((plain) => plain !== undefined));
}

/** Undefined when no key opens it: it then counts as changed. */
function openedSecret(
  seal: ConfigSeal,
  object: string,
  secret: { field: string; sealed: SealedSecret },
): string | undefined {
  try {
    return seal.keyring.open(secret.sealed, { organisation: seal.organisationId, object, field: secret.field });
  } catch (error) {
    if (error instanceof SealedSecretError) return undefined;
    throw error;
  }
}

function changedKeys(
  before: Readonly<Record<string, JsonValue>>,
  after: Readonly<Record<string, JsonValue>>,
): string[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].filter((key) => canonicalJson(before[key] ?? null) !== canonicalJson(after[key] ?? null));
}
