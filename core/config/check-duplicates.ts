/** Names, slugs, keys and ids that must stand once in the file. */
import { addFault, childOf, type ReadContext, type Spot } from "./read-context.ts";
import type { ReadIntegration } from "./read-integrations.ts";
import type { ReadPipeline } from "./read-pipelines.ts";
import type { SourceNode } from "./yaml-source.ts";

interface Claim {
  value: string;
  spot: Spot;
}

export function checkDuplicates(
  context: ReadContext,
  read: { pipelines: readonly ReadPipeline[]; integrations: readonly ReadIntegration[] },
): void {
  const pipelines = read.pipelines.filter((pipeline) => pipeline.file.name !== "");
  const names = pipelines.map((pipeline) => ({ value: pipeline.file.name, spot: at(pipeline.spot, "name") }));
  const repeated = once(context, names, {
    what: "pipeline has this name",
    cure: "Give each pipeline a name of its own.",
  });
  // The same name makes the same slug and id: one fault says it all.
  const others = pipelines.filter((pipeline) => !repeated.has(at(pipeline.spot, "name").offset));
  const slugs = others.map((pipeline) => ({ value: pipeline.file.slug, spot: at(pipeline.spot, "slug", "name") }));
  const sameSlug = once(context, slugs, {
    what: "pipeline has the same slug",
    cure: "Give one of them a slug of its own.",
  });
  const distinct = others.filter((pipeline) => !sameSlug.has(at(pipeline.spot, "slug", "name").offset));
  const ids = distinct.map((pipeline) => ({ value: pipeline.file.id, spot: at(pipeline.spot, "id", "name") }));
  once(context, ids, { what: "pipeline has this id", cure: "Remove one of the two ids." });
  const keys = read.pipelines.flatMap((pipeline) =>
    pipeline.keySpots.map((spot, index) => ({ value: pipeline.file.keys[index]?.key ?? "", spot })),
  );
  once(context, keys, {
    what: "pipeline has this key",
    cure: "Give each pipeline keys of its own: the key says whose an event is.",
  });
  const lanes = distinct.flatMap((pipeline) =>
    pipeline.laneSpots.map((spot, index) => ({
      value: pipeline.file.assignments[index]?.id ?? "",
      spot: at(spot, "id"),
    })),
  );
  once(context, lanes, { what: "assignment has this id", cure: "Remove one of the two ids." });
  checkIntegrations(context, read.integrations);
}

function checkIntegrations(context: ReadContext, integrations: readonly ReadIntegration[]): void {
  const named = integrations.filter((integration) => integration.name !== undefined);
  const names = named.map((integration) => ({ value: integration.name ?? "", spot: at(integration.spot, "name") }));
  const repeated = once(context, names, {
    what: "integration has this name",
    cure: "Give each integration a name of its own.",
  });
  const ids = named
    .filter((integration) => !repeated.has(at(integration.spot, "name").offset))
    .map((integration) => ({ value: integration.id ?? "", spot: at(integration.spot, "id", "name") }));
  once(context, ids, { what: "integration has this id", cure: "Remove one of the two ids." });
}

/** Reports every claim after the first; answers the offsets reported. */
function once(context: ReadContext, claims: readonly Claim[], words: { what: string; cure: string }): Set<number> {
  const first = new Map<string, Spot>();
  const reported = new Set<number>();
  for (const { value, spot } of claims) {
    const earlier = first.get(value);
    if (earlier === undefined) first.set(value, spot);
    else {
      const { line } = earlier.source.place(earlier.offset, earlier.path);
      addFault(context, spot, `another ${words.what} (line ${line})`, words.cure);
      reported.add(spot.offset);
    }
  }
  return reported;
}

/** The value of the first of `keys` that the object has. */
function at(spot: Spot, ...keys: readonly string[]): Spot {
  const object = spot.path.reduce<SourceNode | undefined>((node, key) => childOf(node, key)?.node, spot.source.root);
  for (const key of keys) {
    const child = childOf(object, key);
    if (child !== undefined) return { ...spot, offset: child.node.offset, path: [...spot.path, key] };
  }
  return spot;
}
