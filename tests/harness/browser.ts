/** Chromium, and a shop whose pages carry datafly.js, as visitors meet them. */
import { execFile } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { KEY } from "./configuration.ts";
import type { Received } from "./receiver.ts";
import { PROJECT } from "./signal-server.ts";

/** `hosts` are resolved to this machine, so that pages can have a name. */
export async function launchBrowser(hosts: readonly string[] = []): Promise<Browser> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(PROJECT, "scripts/chromium.ts")]);
  const rules = hosts.map((host) => `MAP ${host} 127.0.0.1`).join(",");
  return chromium.launch({
    executablePath: stdout.trim(),
    args: [
      ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
      ...(rules === "" ? [] : [`--host-resolver-rules=${rules}`]),
    ],
  });
}

export interface Shop {
  url: string;
  /** What the head of every page holds, before its title. */
  head: string;
  close(): Promise<void>;
}

/** Answers every path with a page of that title. */
export async function startShop(head = ""): Promise<Shop> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://shop.example.com");
    if (pathname === "/favicon.ico") return response.writeHead(204).end();
    const html = `<!doctype html><html lang="en"><head>${shop.head}<title>Shop ${pathname}</title></head><body>shop</body></html>`;
    return response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(html);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const shop: Shop = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    head,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return shop;
}

/** The script's tag as the README prints it. `more` are further attributes. */
export function scriptTag(gateway: string, more = ""): string {
  return `<script src="${gateway}/datafly.js" data-pipeline-key="${KEY}" ${more}></script>`;
}

/** Calls a method of the page's collector. */
export async function call(page: Page, method: string, ...args: unknown[]): Promise<void> {
  await page.evaluate(
    ([name, values]) => {
      const { datafly } = globalThis as unknown as { datafly: Record<string, (...args: unknown[]) => void> };
      datafly[name]?.(...values);
    },
    [method, args] as const,
  );
}

/** Everything that the page and its tabs write to the console as warning or error, or throw. */
export function complaints(context: BrowserContext): string[] {
  const said: string[] = [];
  context.on("console", (message) => {
    if (["warning", "error"].includes(message.type())) said.push(message.text());
  });
  context.on("weberror", (fault) => said.push(String(fault.error())));
  return said;
}

export type SeenEvent = Record<string, unknown> & {
  type: string;
  messageId: string;
  anonymousId: string;
  context: Record<string, unknown> & { page: Record<string, string> };
  properties?: Record<string, unknown>;
};

/** The events that have arrived at a webhook, in the order of their own times. */
export function seen(requests: readonly Received[]): SeenEvent[] {
  const events = requests.map(({ body }) => JSON.parse(body) as SeenEvent);
  return events.toSorted((a, b) => String(a["timestamp"]).localeCompare(String(b["timestamp"])));
}
