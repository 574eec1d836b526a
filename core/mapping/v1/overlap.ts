/** Whether two places can disturb each other: one lies in the other, or they differ on what stands above both. */
import { type PathSegment } from "../path.ts";

const same = (left: PathSegment, right: PathSegment): boolean =>
  (left.kind === "key" && right.kind === "key" && left.key === right.key) ||
  (left.kind === "index" && right.kind === "index" && left.index === right.index) ||
  (left.kind === "each" && right.kind === "each");

/** True where neither place lies in the other and both agree on what is an object and what a list. */
export function independent(left: readonly PathSegment[], right: readonly PathSegment[]): boolean {
  for (const [index, segment] of left.entries()) {
    const other = right[index];
    if (!other) return false;
    if (!same(segment, other)) return segment.kind === other.kind;
  }
  return false;
}

/** Both places are one. */
export function identical(left: readonly PathSegment[], right: readonly PathSegment[]): boolean {
  return (
    left.length === right.length && left.every((segment, index) => same(segment, right[index] ?? { kind: "each" }))
  );
}

type Branch = { kind: PathSegment["kind"]; children: Map<string | number, Branch | "leaf"> };

/** The places that one step writes; they must not disturb each other, so that their order does not matter. */
export class Places {
  private readonly root: Branch = { kind: "key", children: new Map() };

  /** False when the place disturbs one that was added before. */
  add(segments: readonly PathSegment[]): boolean {
    let at = this.root;
    for (const [index, segment] of segments.entries()) {
      if (at.kind !== segment.kind) return false;
      const key = segment.kind === "key" ? segment.key : segment.kind === "index" ? segment.index : "";
      const next = at.children.get(key);
      const following = segments[index + 1];
      if (next === "leaf" || (next && !following)) return false;
      if (!following) {
        at.children.set(key, "leaf");
        return true;
      }
      const branch: Branch = next ?? { kind: following.kind, children: new Map() };
      at.children.set(key, branch);
      at = branch;
    }
    return false;
  }
}
