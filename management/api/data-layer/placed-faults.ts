import type { Applied } from "../configuration/configuration-changes.ts";
import { type Fault, isFault } from "../http/route.ts";

/** The faults of a section with their paths as the request's body has them: below `member`, where the section stands in it. */
export function placedBelow<T extends Applied | Fault>(result: T, given: { section: string; member: string }): T {
  if (!isFault(result) || result.details === undefined) return result;
  const { section, member } = given;
  const details = result.details.map((detail) => {
    const below = detail.path === section ? "" : detail.path;
    if (below === "") return { ...detail, path: member };
    return { ...detail, path: below.startsWith("[") ? member + below : `${member}.${below}` };
  });
  return { ...result, details };
}
