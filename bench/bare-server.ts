/** The floor of accepting: a bare node:http server that reads, parses and answers. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const answer = '{"success":true}';
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const parsed: unknown = JSON.parse(
      (chunks.length === 1 ? (chunks[0] ?? Buffer.alloc(0)) : Buffer.concat(chunks)).toString("utf8"),
    );
    response.writeHead(parsed === null ? 400 : 200, {
      "content-type": "application/json",
      "content-length": answer.length,
    });
    response.end(answer);
  });
});
server.listen(0, "127.0.0.1", () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on("SIGTERM", () => process.exit(0));
