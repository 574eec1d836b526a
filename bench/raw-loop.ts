/** The floor of sending: undici and nothing else, with as many requests under way as a lane may have. */
import { performance } from "node:perf_hooks";
import { Agent, request } from "undici";

export interface RawRequest {
  path: string;
  headers: Record<string, string>;
  body: string | Uint8Array | null;
}

/** Sends `count` requests, these over and over, and answers with requests a second. */
export async function rawLoop(
  port: number,
  { requests, count, inFlight }: { requests: readonly RawRequest[]; count: number; inFlight: number },
): Promise<number> {
  const agent = new Agent({ connections: inFlight, pipelining: 1 });
  let next = 0;
  const loop = async (): Promise<void> => {
    while (next < count) {
      const made = requests[next % requests.length];
      next += 1;
      if (made === undefined) throw new Error("there is nothing to send");
      const { path, headers, body } = made;
      const options = { method: "POST", headers, body, dispatcher: agent } as const;
      const response = await request(`http://127.0.0.1:${port}${path}`, options);
      await response.body.dump();
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: inFlight }, loop));
  const seconds = (performance.now() - start) / 1000;
  await agent.close();
  return count / seconds;
}
