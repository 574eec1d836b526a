/** The keys of a pipeline as the configuration's document lists them: which are accepted, which end, which must stay. */
import type { PipelineState } from "@datafly-signal/core";
import type { PipelineDocument } from "../configuration/configuration-changes.ts";

export type KeyEntry = PipelineDocument["pipeline_keys"][number];

export function keyOf(entry: KeyEntry): string {
  return typeof entry === "string" ? entry : entry.key;
}

/** Without those whose time is over. */
export function acceptedEntries({ document }: { document: PipelineDocument }, now: number): KeyEntry[] {
  return document.pipeline_keys.filter((entry) => typeof entry === "string" || Date.parse(entry.expires_at) > now);
}

/** Keys that end by themselves in `seconds`, or before where they do already. */
export function endingKeys(entries: readonly KeyEntry[], seconds: number | undefined, now: number): KeyEntry[] {
  if (seconds === undefined) return [...entries];
  if (seconds === 0) return [];
  const end = now + seconds * 1000;
  return entries.map((entry) => {
    const before = typeof entry === "string" ? Number.POSITIVE_INFINITY : Date.parse(entry.expires_at);
    return { key: keyOf(entry), expires_at: new Date(Math.min(before, end)).toISOString() };
  });
}

/** Whether without it no key would be accepted, or all that are would end by themselves. */
export function isLast({ keys }: PipelineState, id: string, now: number): boolean {
  const accepted = keys.filter(
    ({ revokedAt, expiresAt }) => revokedAt === null && (expiresAt === null || expiresAt > now),
  );
  const others = accepted.filter((one) => one.id !== id);
  const stays = accepted.some((one) => one.id === id && one.expiresAt === null);
  return others.length === 0 || (stays && others.every(({ expiresAt }) => expiresAt !== null));
}
