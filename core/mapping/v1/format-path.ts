/** Writes a path as mappings and expressions have it. */
import { type PathSegment } from "../path.ts";

const keyText = (key: string): string => (/^[\w$@-]+$/.test(key) ? key : `"${key.replace(/["\\]/g, String.raw`\$&`)}"`);

/** `a.b[0].c[]."d e"` */
export function formatPath(segments: readonly PathSegment[]): string {
  return segments
    .map((segment, index) => {
      if (segment.kind === "index") return `[${segment.index}]`;
      if (segment.kind === "each") return "[]";
      return index === 0 ? keyText(segment.key) : `.${keyText(segment.key)}`;
    })
    .join("");
}
