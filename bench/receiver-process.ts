/** A receiver that counts requests and, where the body says when it was sent, how long it took. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

let count = 0;
let lastAt = 0;
let delays: number[] = [];
const SENT = /"sent_at":(\d+\.?\d*)/;

const server = createServer((request, response) => {
  let body = "";
  request.setEncoding("latin1");
  request.on("data", (chunk: string) => (body += chunk));
  request.on("end", () => {
    count += 1;
    lastAt = performance.timeOrigin + performance.now();
    const sent = SENT.exec(body);
    if (sent !== null) delays.push(lastAt - Number(sent[1]));
    response.writeHead(200, { "content-length": 2 });
    response.end("ok");
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on("message", (question) => {
  process.send?.({ count, lastAt, delays });
  if (question === "reset") {
    count = 0;
    delays = [];
  }
});
process.on("SIGTERM", () => process.exit(0));
