/** A shop with five integrations whose vendor answers each in its own way, and a server that delivers to them. */
import { configuration, KEY, SIMPLE_MAPPING } from "../harness/configuration.ts";
import { type Receiver, startReceiver } from "../harness/receiver.ts";
import { type SignalServer, startSignal, workFolder } from "../harness/signal-server.ts";

/** A secret of the integration `orders`. */
export const SECRET = "planted-token-5f20";

export interface Shop {
  folder: string;
  /** The text of `signal.yaml`. */
  config: string;
  server: SignalServer;
  vendor: Receiver;
  /** Sends an event; answers the status. */
  track(body: object, headers?: Record<string, string>): Promise<number>;
  close(): Promise<void>;
}

const ANSWERS: Readonly<Record<string, number>> = { "/refuses": 400, "/fails": 500 };

export async function openShop(): Promise<Shop> {
  const work = await workFolder();
  const vendor = await startReceiver((request, response) => {
    response.statusCode = ANSWERS[request.path] ?? 200;
    response.end(`answer to ${request.headers.authorization ?? "nobody"}`);
  });
  const config = configuration([
    {
      name: "orders",
      url: `${vendor.url}/takes`,
      more: SIMPLE_MAPPING,
      config: 'authentication: bearer, auth_token: "${TOKEN}"',
    },
    { name: "refuses", url: `${vendor.url}/refuses` },
    { name: "fails", url: `${vendor.url}/fails` },
    { name: "consent", url: `${vendor.url}/takes`, more: "    consent_categories: [personalisation]" },
    {
      name: "leads",
      url: `${vendor.url}/takes`,
      more: "    mapping: { version: 2, events: { generate_lead: {} }, defaults: { action: drop } }",
    },
  ]);
  const server = await startSignal({ folder: work.folder, config, env: { TOKEN: SECRET } }).catch(async (error) => {
    await vendor.close();
    await work.remove();
    throw error;
  });
  return {
    folder: work.folder,
    config,
    server,
    vendor,
    async track(body, headers = { authorization: `Bearer ${KEY}` }) {
      const sent = JSON.stringify({ type: "track", event: "Order Completed", ...body });
      const response = await fetch(`${server.gateway}/v1/t`, { method: "POST", headers, body: sent });
      await response.text();
      return response.status;
    },
    async close() {
      await server.stop();
      await vendor.close();
      await work.remove();
    },
  };
}
