/** A small page that says something to a person where a program would be answered with JSON. */
import { createHash } from "node:crypto";

interface Message {
  title: string;
  /** Paragraphs. */
  text: readonly string[];
  /** What is found where. */
  links?: readonly (readonly [path: string, what: string])[];
}

const STYLE = [
  ":root{color-scheme:light dark}",
  "body{max-width:34rem;margin:15vh auto 0;padding:0 24px;font:16px/1.55 system-ui,sans-serif}",
  "h1{font-size:1.5rem}dt{font-family:ui-monospace,monospace;font-weight:600}dd{margin:0 0 12px}",
].join("");
const STYLE_HASH = createHash("sha256").update(STYLE).digest("base64");

const HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'`,
  "x-content-type-options": "nosniff",
  "cache-control": "no-store",
};

/** Whether the request comes from someone who looks: browsers name HTML, programs do not. */
export function wantsHtml({ headers }: { headers: { accept?: string | undefined } }): boolean {
  return /\btext\/html\b/i.test(headers.accept ?? "");
}

/** The page, and the headers that it is sent with. */
export function messagePage({ title, text, links = [] }: Message): { body: string; headers: Record<string, string> } {
  const paragraphs = text.map((one) => `<p>${escaped(one)}</p>`);
  const list = links.map(
    ([path, what]) => `<dt><a href="${escaped(path)}">${escaped(path)}</a></dt><dd>${escaped(what)}</dd>`,
  );
  const body = [
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escaped(title)}</title>`,
    `<meta name="viewport" content="width=device-width, initial-scale=1"><style>${STYLE}</style></head>`,
    `<body><main><h1>${escaped(title)}</h1>${paragraphs.join("")}`,
    list.length === 0 ? "" : `<dl>${list.join("")}</dl>`,
    "</main></body></html>\n",
  ].join("");
  return { body, headers: HEADERS };
}

/** A text as it stands in HTML, between tags and in quoted attributes. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
