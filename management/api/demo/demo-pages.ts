/** The demo's pages: files of the folder `pages`, held in memory, each page with a policy that runs no script but its own. */
import { readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { escaped } from "../http/message-page.ts";

interface DemoFile {
  contentType: string;
  body: Buffer;
}

interface DemoPage {
  body: string;
  /** The `Content-Security-Policy` header. */
  policy: string;
}

/** What a page must know of the server that it came from. */
interface PageFacts {
  /** The host name that the page was opened with, checked before: the visitor's cookie belongs to it. */
  hostName: string;
  gatewayPort: number;
  pipelineKey: string;
}

export interface DemoPages {
  page(name: PageName, facts: PageFacts): DemoPage;
  /** Style sheets, scripts and pictures. */
  asset(name: string): DemoFile | undefined;
}

export type PageName = "split" | "shop" | "receiver";

const FOLDER = join(import.meta.dirname, "pages");
const CONTENT_TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml; charset=utf-8",
};

export function loadDemoPages(): DemoPages {
  const assets = new Map<string, DemoFile>();
  const templates = new Map<string, string>();
  for (const name of readdirSync(FOLDER)) {
    const body = readFileSync(join(FOLDER, name));
    const contentType = CONTENT_TYPES[extname(name)];
    if (contentType !== undefined) assets.set(name, { contentType, body });
    else if (extname(name) === ".html") templates.set(name.slice(0, -".html".length), body.toString("utf8"));
  }
  return {
    asset: (name) => assets.get(name),
    page(name, facts) {
      const collector = `${facts.hostName}:${facts.gatewayPort}`;
      const values: Readonly<Record<string, string>> = { collector, key: facts.pipelineKey };
      const body = (templates.get(name) ?? "").replace(/\{\{(\w+)\}\}/g, (_, word: string) =>
        escaped(values[word] ?? ""),
      );
      return { body, policy: policyOf(name, facts.hostName.startsWith("[") ? "http:" : collector) };
    },
  };
}

/** @param collector where datafly.js comes from; a policy cannot name an IPv6 address, then it is every one over http */
function policyOf(name: PageName, collector: string): string {
  const others = name === "shop" ? ` ${collector}` : "";
  return [
    "default-src 'none'",
    `script-src 'self'${others}`,
    `connect-src 'self'${others}`,
    "style-src 'self'",
    "img-src 'self'",
    "frame-src 'self'",
    "frame-ancestors 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    ...(name === "shop" ? [] : ["require-trusted-types-for 'script'", "trusted-types 'none'"]),
  ].join("; ");
}
