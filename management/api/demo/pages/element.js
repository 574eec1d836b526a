/** Makes elements: texts go in as texts, never as markup. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * @param {string} tag
 * @param {Record<string, unknown>} facts attributes; `on…` are listeners; null, undefined and false are left out
 * @param {...(Node | string | null | undefined | false)} children
 */
export function element(tag, facts = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(facts)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

/** A line drawing of 24 × 24; it says nothing to those who cannot see it. */
export function icon(path) {
  const svg = document.createElementNS(SVG, "svg");
  const facts = { viewBox: "0 0 24 24", width: "20", height: "20", fill: "none", stroke: "currentColor" };
  for (const [name, value] of Object.entries(facts)) svg.setAttribute(name, value);
  svg.setAttribute("stroke-width", "1.8");
  svg.setAttribute("stroke-linecap", "round");
  svg.setAttribute("stroke-linejoin", "round");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(SVG, "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}
