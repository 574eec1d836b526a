/** What changes of a configuration without the data plane seeing it, in sentences for people. */
import { asJson, canonicalJson } from "./canonical-json.ts";
import type { ConfigurationState, IntegrationState, Owner, PipelineState } from "./configuration-state.ts";

export function describeUnseen(before: ConfigurationState, after: ConfigurationState): string[] {
  return [
    ...eachKept(before.pipelines, after.pipelines, (was, is) => ofPipeline(was, is)),
    ...eachKept(before.integrations, after.integrations, (was, is) => ofIntegration(was, is)),
    ...ofSection("data layer", [before.dataLayer, after.dataLayer], ({ config }) => config),
    ...ofSection("organisation", [before.organisation, after.organisation], ({ settings }) => settings),
  ];
}

function eachKept<T extends { id: string }>(
  before: readonly T[],
  after: readonly T[],
  describe: (was: T, is: T) => string[],
): string[] {
  const was = new Map(before.map((one) => [one.id, one]));
  return after.flatMap((is) => {
    const old = was.get(is.id);
    return old === undefined || old === is ? [] : describe(old, is);
  });
}

function ofPipeline(was: PipelineState, is: PipelineState): string[] {
  const live = ({ keys }: PipelineState): object =>
    keys.flatMap(({ key, expiresAt, revokedAt }) => (revokedAt === null ? [{ key, expiresAt }] : []));
  // Another key is seen; another end of the same keys is not.
  const names = ({ keys }: PipelineState): object => keys.flatMap((one) => (one.revokedAt === null ? one.key : []));
  const parts = [
    ...(differ(was.labels, is.labels) ? ["labels"] : []),
    ...(differ(live(was), live(is)) && !differ(names(was), names(is)) ? ["the end of a key"] : []),
    ...taken(was.owner, is.owner),
  ];
  return parts.length === 0 ? [] : [`pipeline "${is.name}": ${parts.join(", ")}`];
}

function ofIntegration(was: IntegrationState, is: IntegrationState): string[] {
  if (was.deletedAt !== null || is.deletedAt !== null) return [];
  const parts = [
    ...(was.description === is.description ? [] : ["description"]),
    ...(was.vendorName === is.vendorName ? [] : ["vendor_name"]),
    ...taken(was.owner, is.owner),
  ];
  return parts.length === 0 ? [] : [`integration "${is.name}": ${parts.join(", ")}`];
}

/** One that is new, or another, is said elsewhere. */
function ofSection<T extends { owner: Owner }>(
  name: string,
  [was, is]: [T, T],
  contentOf: (one: T) => object | null,
): string[] {
  if (differ([contentOf(was)], [contentOf(is)])) return [];
  return taken(was.owner, is.owner).map((part) => `${name}: ${part}`);
}

function taken(was: Owner, is: Owner): string[] {
  return is === "file" && was !== "file" ? ["taken over by the file"] : [];
}

function differ(a: object, b: object): boolean {
  return canonicalJson(asJson(a)) !== canonicalJson(asJson(b));
}
