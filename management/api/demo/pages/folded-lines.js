/** Lines of JSON with their marks, where long stretches without a change stand behind a button. */
import { element } from "./element.js";

export const LINE_SIGNS = { none: " ", same: " ", moved: "→", changed: "~", new: "+" };
const WORDS = { moved: "moved: ", changed: "changed: ", new: "new: " };
/** Unchanged lines that stay in sight on either side of a change. */
const AROUND = 2;
/** Fewer than these are not worth a button. */
const FEWEST_FOLDED = 4;

/** @param {{ name: string, unfolded: Set<string> }} options which stretches were opened already, by name and first line */
export function foldedLines(lines, { name, unfolded }) {
  return stretches(lines).flatMap(({ start, end, folded }) => {
    const nodes = lines.slice(start, end).map(lineNode);
    const key = `${name} ${start}`;
    if (!folded || unfolded.has(key)) return nodes;
    return foldOf(nodes, () => unfolded.add(key));
  });
}

/** What is folded and what is not, in turn; `end` is exclusive. */
export function stretches(lines) {
  const near = lines.map(() => false);
  lines.forEach(({ mark }, index) => {
    if (mark === "none" || mark === "same") return;
    near.fill(true, Math.max(0, index - AROUND), index + AROUND + 1);
  });
  const found = [];
  for (let start = 0, end = 0; start < lines.length; start = end) {
    while (end < lines.length && near[end] === near[start]) end += 1;
    const folded = !near[start] && end - start >= FEWEST_FOLDED;
    found.push({ start, end, folded });
  }
  return found;
}

function foldOf(nodes, opened) {
  const inner = element("span", { hidden: true }, ...nodes);
  const button = element("button", { class: "fold", type: "button" }, `… ${nodes.length} unchanged lines`);
  button.addEventListener("click", () => {
    opened();
    inner.hidden = false;
    button.closest("pre")?.focus({ preventScroll: true });
    button.remove();
  });
  return [button, inner];
}

export function lineNode({ indent, text, mark, from }) {
  const word = WORDS[mark];
  const node = element(
    "span",
    { class: `json-line json-${mark}` },
    element("span", { class: "json-mark", "aria-hidden": "true" }, LINE_SIGNS[mark]),
    word === undefined ? null : element("span", { class: "out-of-sight" }, word),
    `${"  ".repeat(indent)}${text}`,
    from === undefined ? null : element("span", { class: "json-from" }, `  ← ${from}`),
    "\n",
  );
  node.style.setProperty("--indent", String(Math.min(indent, 20)));
  return node;
}
