/** What most browser tests need: the real server with one webhook, a shop on another origin, and Chromium. */
import type { Browser, BrowserContext, Page } from "playwright-core";
import {
  complaints,
  launchBrowser,
  scriptTag,
  seen,
  type SeenEvent,
  startShop,
  type Shop,
} from "../harness/browser.ts";
import { configuration } from "../harness/configuration.ts";
import { type Receiver, startReceiver } from "../harness/receiver.ts";
import { freePort, type SignalServer, startSignal, workFolder } from "../harness/signal-server.ts";
import { until } from "../harness/until.ts";

export interface ShopRig {
  browser: Browser;
  shop: Shop;
  receiver: Receiver;
  gateway: string;
  /** The server that runs now: a test may stop it and start another one. */
  server: SignalServer;
  restart(): Promise<void>;
  /** Somebody who was never here before; the page is still blank. */
  visitor(): Promise<{ context: BrowserContext; page: Page; said: string[] }>;
  /** What has arrived since the last `forget`, by the events' own times. */
  events(): SeenEvent[];
  /** Waits until so many events have arrived, and a moment longer for those that should not. */
  arrived(count: number): Promise<SeenEvent[]>;
  forget(): void;
  close(): Promise<void>;
}

/** What should not arrive would by then: the collector waits a second at most. */
const SETTLE_MS = 1_500;

export async function startShopRig(hosts: readonly string[] = []): Promise<ShopRig> {
  const work = await workFolder();
  const receiver = await startReceiver();
  const shop = await startShop();
  // Pages with a name of their own are allowed by name and port; 127.0.0.1 is in development anyway.
  const named = hosts.map((host) => `, "${host}:${new URL(shop.url).port}"`).join("");
  const config = configuration([{ name: "orders", url: receiver.url }]).replace(
    "shop.example.com]",
    `shop.example.com${named}]`,
  );
  const options = { folder: work.folder, config, env: { GATEWAY_PORT: String(await freePort()) } };
  const [server, browser] = await Promise.all([startSignal(options), launchBrowser(hosts)]);
  shop.head = scriptTag(server.gateway);
  let from = 0;
  const rig: ShopRig = {
    browser,
    shop,
    receiver,
    gateway: server.gateway,
    server,
    async restart() {
      rig.server = await startSignal(options);
    },
    async visitor() {
      const context = await browser.newContext();
      const said = complaints(context);
      return { context, said, page: await context.newPage() };
    },
    events: () => seen(receiver.requests.slice(from)),
    async arrived(count) {
      await until(
        60_000,
        () => rig.events().length >= count,
        () => `${count} events, of which there are ${rig.events().length}`,
      );
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
      return rig.events();
    },
    forget() {
      from = receiver.requests.length;
    },
    async close() {
      await browser.close();
      await rig.server.stop();
      await Promise.all([receiver.close(), shop.close(), work.remove()]);
    },
  };
  return rig;
}
