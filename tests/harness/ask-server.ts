/** Asks a running server as the command line does, without the second that a command takes to start. */
import { request } from "node:http";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import type { SignalServer } from "./signal-server.ts";

/** @param method as in `status` @throws what the server refuses it with */
export async function askServer({ folder }: Pick<SignalServer, "folder">, method: string, args = {}): Promise<unknown> {
  const socketPath = join(folder, "data", "control.sock");
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: unknown }>();
  const sent = request({ socketPath, path: `/${method}`, method: "POST" }, (response) => {
    json(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject);
  });
  sent.once("error", reject);
  sent.end(JSON.stringify(args));
  const { status, body } = await promise;
  if (status !== 200) throw new Error(`${method} is refused: ${JSON.stringify(body)}`);
  return body;
}
