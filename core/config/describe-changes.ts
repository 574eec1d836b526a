/** What a new snapshot changes, in sentences for people: names and numbers, never a value. */
import { asJson, canonicalJson } from "./canonical-json.ts";
import type { Leaving } from "./check-waiting.ts";
import type { ConfigSnapshot } from "./snapshot.ts";

export function describeChanges(about: {
  before: ConfigSnapshot | null;
  after: ConfigSnapshot;
  /** What became of integrations. */
  revised: readonly string[];
  leaving: Pick<Leaving, "changes">;
  /** What the data plane does not see of it. */
  unseen: readonly string[];
}): string[] {
  const { before, after, revised, leaving, unseen } = about;
  const changes = describePipelines(before, after);
  changes.push(...revised);
  changes.push(...describeLanes(before, after), ...leaving.changes, ...describeSections(before, after), ...unseen);
  if (before !== null && before.environment !== after.environment) changes.push(`environment ${after.environment}`);
  if (changes.length === 0 && canonicalJson(asJson(givenUp(before))) !== canonicalJson(asJson(givenUp(after)))) {
    changes.push("deliveries that were given up are done");
  }
  return changes.length > 0 ? changes : ["secrets sealed anew"];
}

function givenUp(snapshot: ConfigSnapshot | null): object {
  return [snapshot?.removed ?? [], snapshot?.removedLanes ?? []];
}

function describePipelines(before: ConfigSnapshot | null, after: ConfigSnapshot): string[] {
  const changes: string[] = [];
  for (const pipeline of after.pipelines) {
    const was = before?.pipelines.find((candidate) => candidate.id === pipeline.id);
    if (was === undefined) {
      changes.push(`pipeline "${pipeline.name}" added`);
      continue;
    }
    const [old, now] = [asJson(was), asJson(pipeline)] as [Record<string, never>, Record<string, never>];
    const keys = [...new Set([...Object.keys(old), ...Object.keys(now)])];
    const changed = keys.filter((key) => canonicalJson(old[key] ?? null) !== canonicalJson(now[key] ?? null));
    if (changed.length > 0) changes.push(`pipeline "${pipeline.name}": ${changed.map(inFileWords).join(", ")}`);
  }
  const staying = new Set(after.pipelines.map((pipeline) => pipeline.id));
  for (const pipeline of before?.pipelines ?? []) {
    if (!staying.has(pipeline.id)) changes.push(`pipeline "${pipeline.name}" removed`);
  }
  return changes;
}

/** `data_layer` and `organisation`, by their parts. */
function describeSections(before: ConfigSnapshot | null, after: ConfigSnapshot): string[] {
  const layer = describeParts("data layer", before?.dataLayer, after.dataLayer);
  const salted = "data layer: pii_rules changed";
  const isSalted = before?.dataLayer?.pii_rules !== undefined && after.dataLayer?.pii_rules !== undefined;
  if (isSalted && !layer.includes(salted) && isOtherSecret(before.dataLayerSecrets, after.dataLayerSecrets)) {
    layer.push(salted);
  }
  return [...layer, ...describeParts("organisation", before?.organisation, after.organisation)];
}

function describeParts(section: string, before: object | undefined, after: object | undefined): string[] {
  const [was, is] = [before ?? {}, after ?? {}].map((parts) => new Map(Object.entries(parts)));
  const names = [...new Set([...(was?.keys() ?? []), ...(is?.keys() ?? [])])];
  const changes = names.flatMap((name) => {
    if (was?.has(name) !== true) return [`${section}: ${name} added`];
    if (is?.has(name) !== true) return [`${section}: ${name} removed`];
    const isSame = canonicalJson(asJson(was.get(name))) === canonicalJson(asJson(is.get(name)));
    return isSame ? [] : [`${section}: ${name} changed`];
  });
  if (changes.length > 0 || (before === undefined) === (after === undefined)) return changes;
  return [`${section} ${before === undefined ? "added" : "removed"}`];
}

/** Told from one that is only sealed with another key: the same key seals the same secret once. */
function isOtherSecret(
  before: ConfigSnapshot["dataLayerSecrets"] = {},
  after: ConfigSnapshot["dataLayerSecrets"] = {},
) {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  const keyOf = (sealed: string | undefined): string => sealed?.split(".", 2).join(".") ?? "";
  return [...names].some((name) => {
    const [was, is] = [before[name], after[name]];
    return was !== is && (was === undefined || is === undefined || keyOf(was) === keyOf(is));
  });
}

function describeLanes(before: ConfigSnapshot | null, after: ConfigSnapshot): string[] {
  const changes: string[] = [];
  for (const lane of after.lanes) {
    const was = before?.lanes.find((candidate) => candidate.id === lane.id);
    const pipeline = after.pipelines.find((candidate) => candidate.id === lane.pipelineId)?.name ?? lane.pipelineId;
    const integration =
      after.integrations.find((candidate) => candidate.id === lane.integrationId)?.name ?? lane.integrationId;
    const name = `pipeline "${pipeline}" → "${integration}"`;
    if (was === undefined) changes.push(`${name}: revision ${lane.revision}${lane.enabled ? "" : ", disabled"}`);
    else if (was.enabled !== lane.enabled) changes.push(`${name}: ${lane.enabled ? "enabled" : "disabled"}`);
    if (was !== undefined && was.revision !== lane.revision)
      changes.push(`${name}: revision ${was.revision} → ${lane.revision}`);
  }
  return changes;
}

/** `rateLimitRps` → `rate_limit_rps`, `keys` → `pipeline_keys`. */
function inFileWords(key: string): string {
  if (key === "keys") return "pipeline_keys";
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
