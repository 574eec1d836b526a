/** The mapping that an install begins with. */
import type { Blueprint, Connector } from "./contract.ts";

/** The blueprint that is named; else the variant's own; else the default one. Undefined where there is none of that name, or none at all. */
export function installedBlueprint(
  { blueprints = [] }: Connector,
  { variant = "default", blueprint }: { variant?: string | undefined; blueprint?: string | undefined },
): Blueprint | undefined {
  const named = (key: string): Blueprint | undefined => blueprints.find((one) => one.key === key);
  return blueprint === undefined ? (named(variant) ?? named("default")) : named(blueprint);
}
