/** A client of a proxy on this machine, under the name of a site whose certificate the test has made. */
import { request as httpRequest } from "node:http";
import { connect } from "node:http2";
import { request as httpsRequest } from "node:https";

export interface Asked {
  port: number;
  /** The site's certificate; null asks without TLS. */
  ca: Buffer | null;
  host: string;
  path: string;
  method?: string;
  headers?: Record<string, string>;
  body?: string;
  /** Where the request comes from: any of 127.0.0.0/8. */
  from?: string;
}

export interface Answered {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/** @throws when no answer comes */
export function ask(asked: Asked): Promise<Answered> {
  const { port, ca, host, path, method = "POST", headers = {}, body = "", from = "127.0.0.1" } = asked;
  const options = {
    host: "127.0.0.1",
    port,
    path,
    method,
    localAddress: from,
    headers: { host, ...headers },
    timeout: 20_000,
  };
  return new Promise((resolve, reject) => {
    const request =
      ca === null ? httpRequest(options) : httpsRequest({ ...options, ca, servername: host, agent: false });
    request.on("error", reject);
    request.on("timeout", () => request.destroy(new Error("no answer in time")));
    request.on("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString("utf8"),
        }),
      );
    });
    request.end(body);
  });
}

/** The status of a request over HTTP/2. */
export function askHttp2(asked: Asked): Promise<number> {
  const { port, ca, host, path, headers = {}, body = "" } = asked;
  return new Promise((resolve, reject) => {
    const session = connect(`https://${host}:${port}`, {
      ...(ca === null ? {} : { ca }),
      servername: host,
      lookup: (_name, _options, done) => done(null, [{ address: "127.0.0.1", family: 4 }]),
    });
    session.on("error", reject);
    const stream = session.request({ ":method": "POST", ":path": path, ":authority": host, ...headers });
    stream.on("error", reject);
    stream.on("response", (answer) => {
      resolve(answer[":status"] ?? 0);
      stream.resume();
      stream.on("end", () => session.close());
    });
    stream.end(body);
  });
}
