/** Text with placeholders `{{name}}`, cut into literals and names once. */

export type TemplatePart = { literal: string } | { name: string; offset: number };

const PLACEHOLDER = /\{\{\s*([^{}]*?)\s*\}\}/g;

/** Cuts a text; a single part with a name is a text that is exactly one placeholder. */
export function parseTemplate(text: string): readonly TemplatePart[] {
  const parts: TemplatePart[] = [];
  let end = 0;
  for (const match of text.matchAll(PLACEHOLDER)) {
    if (match.index > end) parts.push({ literal: text.slice(end, match.index) });
    parts.push({ name: match[1] ?? "", offset: match.index });
    end = match.index + match[0].length;
  }
  if (end < text.length) parts.push({ literal: text.slice(end) });
  return parts;
}
