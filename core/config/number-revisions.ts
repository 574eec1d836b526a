/** Gives content its revision numbers: the same content keeps its number, any change is the next. */
import { changedParts, contentHash, isSameContent, resealChanged, sealAll, type ConfigSeal } from "./content-seal.ts";
import type { FileIntegration } from "./signal-file.ts";
import type { StoredIntegration, StoredRevision } from "./stored-configuration.ts";

export interface Numbered {
  stored: StoredIntegration;
  latest: StoredRevision;
  /** What became of it, for people; null when nothing changed. */
  change: string | null;
}

/** @param before what was stored of the integration with this id, undefined when it is new */
export function numberRevision(
  seal: ConfigSeal,
  integration: FileIntegration,
  before: StoredIntegration | undefined,
): Numbered {
  const last = before?.revisions.at(-1);
  if (before !== undefined && last !== undefined && isSameContent(seal, last.hash, integration)) {
    const latest = underCurrentKey(seal, integration, last);
    const stored = { name: integration.name, revisions: [...before.revisions.slice(0, -1), latest] };
    const renamed =
      before.name === integration.name ? null : `integration "${before.name}" is now called "${integration.name}"`;
    return { stored, latest, change: renamed };
  }
  const { secrets, ...rest } = integration.content;
  const latest: StoredRevision = {
    number: (last?.number ?? 0) + 1,
    vendor: integration.vendor,
    hash: contentHash(seal, integration.vendor, integration.content),
    content: { ...structuredClone(rest), secrets: sealAll(seal, integration.id, secrets) },
  };
  const stored = { name: integration.name, revisions: [...(before?.revisions ?? []), latest] };
  return { stored, latest, change: changeOf(seal, integration, { last, number: latest.number }) };
}

/** After a key rotation: the same number, sealed and fingerprinted with the new key. */
function underCurrentKey(seal: ConfigSeal, integration: FileIntegration, last: StoredRevision): StoredRevision {
  const secrets = resealChanged(seal, integration.id, {
    open: integration.content.secrets,
    sealed: last.content.secrets,
  });
  const hash = contentHash(seal, integration.vendor, integration.content);
  return { ...last, hash, content: { ...last.content, secrets } };
}

function changeOf(
  seal: ConfigSeal,
  integration: FileIntegration,
  step: { last: StoredRevision | undefined; number: number },
): string {
  const { last, number } = step;
  if (last === undefined) return `integration "${integration.name}" (${integration.vendor}): revision ${number}`;
  const parts = changedParts(seal, integration.id, { before: last.content, after: integration.content });
  if (last.vendor !== integration.vendor) parts.unshift(`vendor ${last.vendor} → ${integration.vendor}`);
  return `integration "${integration.name}": revision ${number} (${parts.join(", ") || "content as before under an unknown key"})`;
}
