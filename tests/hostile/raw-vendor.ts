/** A vendor's server that writes whatever bytes the test wants as its answer. */
import { createServer, type AddressInfo, type Socket } from "node:net";

/** Answers one request, of which the head and the whole body have come. */
export type RawAnswer = (socket: Socket) => void;

interface RawVendor {
  url: string;
  /** Requests that were read to their end. */
  asked(): number;
  close(): Promise<void>;
}

export async function startRawVendor(answer: RawAnswer): Promise<RawVendor> {
  const sockets = new Set<Socket>();
  let asked = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
    let bytes = Buffer.alloc(0);
    socket.on("data", (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      for (let length = requestLength(bytes); length !== null; length = requestLength(bytes)) {
        bytes = bytes.subarray(length);
        asked += 1;
        answer(socket);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked: () => asked,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Null while a part of the first request is still to come. */
function requestLength(bytes: Buffer): number | null {
  const end = bytes.indexOf("\r\n\r\n");
  if (end === -1) return null;
  const length = Number(/^content-length: *(\d+)/im.exec(bytes.toString("latin1", 0, end))?.[1] ?? 0);
  return bytes.length < end + 4 + length ? null : end + 4 + length;
}

/** Writes the piece again and again, as fast as it is taken, until the other side has had enough. */
export function endlessly(socket: Socket, piece: string | Buffer): void {
  const more = (): void => {
    while (!socket.destroyed && socket.writable) if (!socket.write(piece)) return void socket.once("drain", more);
  };
  more();
}

export function dripping(socket: Socket, piece: string, everyMs: number): void {
  const timer = setInterval(() => socket.write(piece), everyMs);
  socket.once("close", () => clearInterval(timer));
}
