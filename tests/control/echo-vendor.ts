/** A vendor that answers, in several ways of failing, with the credentials it was sent. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

type Way = (echo: string, response: ServerResponse, request: IncomingMessage) => void;

/** By path. */
const ANSWERS: Readonly<Record<string, Way>> = {
  delivered: (echo, response) => response.end(echo),
  unauthorised: (echo, response) => refuse(401, echo, response),
  refused: (echo, response) => refuse(400, echo, response),
  failed: (echo, response) => refuse(500, echo, response),
  throttled: (echo, response) => refuse(429, echo, response),
  redirected(echo, response) {
    response.setHeader("location", `http://127.0.0.1:9/?${encodeURIComponent(echo.slice(0, 3000))}`);
    refuse(302, echo, response);
  },
  // Begins to answer and does not go on.
  silent(echo, response) {
    response.statusCode = 200;
    response.write(echo);
  },
  broken(echo, response) {
    response.writeHead(200, { "content-length": "100000" });
    response.write(echo, () => response.destroy());
  },
  // What no HTTP client can read.
  garbled(echo, _response, request) {
    request.socket.end(`HTTP/1.1 200 ${firstLine(echo)}\r\n${firstLine(echo)}\u0001 \u0000\r\n\r\n${echo}`);
  },
  // An answer that is cut somewhere in the midst of a secret.
  long(echo, response) {
    refuse(500, echo.repeat(Math.ceil(200_000 / Math.max(1, echo.length))), response);
  },
};

export const WAYS: readonly string[] = Object.keys(ANSWERS);

export interface EchoVendor {
  url: string;
  /** How many requests came to each path. */
  counts: Map<string, number>;
  close(): Promise<void>;
}

export async function startEchoVendor(): Promise<EchoVendor> {
  const counts = new Map<string, number>();
  const server = createServer((request, response) => {
    request.resume().on("end", () => {
      const [, way = "", lane = ""] = (request.url ?? "").split("/");
      counts.set(`${way}/${lane}`, (counts.get(`${way}/${lane}`) ?? 0) + 1);
      ANSWERS[way]?.(echoOf(request), response, request);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    counts,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function refuse(status: number, echo: string, response: ServerResponse): void {
  response.writeHead(status, firstLine(echo), { "x-received": firstLine(echo), "x-trace": firstLine(echo) });
  response.end(echo);
}

function firstLine(echo: string): string {
  return (echo.split("\n")[0] ?? "").replace(/[^\x20-\x7e]/g, "");
}

/** The credentials in every spelling, as a careless debugging page would show them. */
function echoOf({ headers }: IncomingMessage): string {
  const sent = headers.authorization ?? "";
  const credentials = sent.replace(/^\w+ /, "");
  const decoded = sent.startsWith("Basic ") ? Buffer.from(credentials, "base64").toString("utf8") : credentials;
  const password = decoded.slice(decoded.indexOf(":") + 1);
  return [decoded, password, sent, JSON.stringify({ headers }), ...[decoded, password].flatMap(spelled)].join("\n");
}

function spelled(text: string): string[] {
  const bytes = Buffer.from(text);
  const url = encodeURIComponent(text);
  const small = url.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());
  const within = ["base64", "base64url", "hex"] as const;
  return [
    url,
    small,
    new URLSearchParams({ v: text }).toString(),
    JSON.stringify(text),
    bytes.toString("hex").toUpperCase(),
    ...within.flatMap((one) => ["", "k:", "key:"].map((before) => Buffer.from(before + text).toString(one))),
  ];
}
