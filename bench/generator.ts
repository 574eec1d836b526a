/** A load generator on raw sockets: requests made in advance, one at a time a connection, so that it costs little beside the server. */
import { connect, type Socket } from "node:net";
import { performance } from "node:perf_hooks";

export interface LoadOptions {
  host: string;
  port: number;
  connections: number;
  /** How many requests in all. */
  requests: number;
  /** The whole HTTP request with this number. */
  make(index: number): Buffer;
  /** Requests a second over all connections; as fast as answers come when left out. */
  rate?: number;
  onAnswer?(index: number, status: number, sentAt: number): void;
}

export interface LoadResult {
  seconds: number;
  /** Answers by status. */
  statuses: Record<number, number>;
  /** Milliseconds from sending to the whole answer. */
  p50: number;
  p99: number;
}

/** Sends `requests` requests and waits for all answers. */
export async function drive(options: LoadOptions): Promise<LoadResult> {
  const statuses: Record<number, number> = {};
  const times = new Float64Array(options.requests);
  let next = 0;
  let answered = 0;
  const start = performance.now();
  await new Promise<void>((resolve, reject) => {
    const idle: Connection[] = [];
    const send = (connection: Connection): void => {
      const index = next;
      next += 1;
      connection.send(options.make(index), index);
    };
    const answer = (connection: Connection, index: number, status: number): void => {
      statuses[status] = (statuses[status] ?? 0) + 1;
      times[index] = performance.now() - connection.sentAt;
      options.onAnswer?.(index, status, connection.sentAt);
      answered += 1;
      if (answered === options.requests) finish();
      else if (options.rate !== undefined) idle.push(connection);
      else if (next < options.requests) send(connection);
    };
    const connections = Array.from({ length: options.connections }, () => new Connection(options, answer, reject));
    const timer = options.rate === undefined ? undefined : setInterval(() => pace(), 2);
    const pace = (): void => {
      const due = Math.min(options.requests, Math.floor(((performance.now() - start) / 1000) * (options.rate ?? 0)));
      while (next < due) {
        const connection = idle.pop();
        if (connection === undefined) return;
        send(connection);
      }
    };
    const finish = (): void => {
      clearInterval(timer);
      for (const connection of connections) connection.end();
      resolve();
    };
    for (const connection of connections) {
      if (options.rate !== undefined) idle.push(connection);
      else if (next < options.requests) send(connection);
    }
  });
  const sorted = times.toSorted();
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { seconds: (performance.now() - start) / 1000, statuses, p50: at(0.5), p99: at(0.99) };
}

class Connection {
  sentAt = 0;
  #index = 0;
  #buffer = "";
  #ended = false;
  readonly #socket: Socket;

  constructor(
    options: LoadOptions,
    answer: (connection: Connection, index: number, status: number) => void,
    fail: (error: Error) => void,
  ) {
    this.#socket = connect(options.port, options.host);
    this.#socket.setNoDelay(true);
    this.#socket.setEncoding("latin1");
    this.#socket.on("error", (error) => (this.#ended ? undefined : fail(error)));
    this.#socket.on("data", (chunk) => {
      this.#buffer += String(chunk);
      const status = this.#complete();
      if (status !== null) answer(this, this.#index, status);
    });
  }

  send(request: Buffer, index: number): void {
    this.#index = index;
    this.#buffer = "";
    this.sentAt = performance.now();
    this.#socket.write(request);
  }

  end(): void {
    this.#ended = true;
    this.#socket.destroy();
  }

  /** The status when the whole answer is there. */
  #complete(): number | null {
    const head = this.#buffer.indexOf("\r\n\r\n");
    if (head < 0) return null;
    const length = /content-length: (\d+)/i.exec(this.#buffer);
    if (length === null || this.#buffer.length < head + 4 + Number(length[1])) return null;
    return Number(this.#buffer.slice(9, 12));
  }
}

/** A POST of JSON as raw bytes. */
export function post(path: string, body: string, headers: Readonly<Record<string, string>> = {}): Buffer {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n${lines.join("")}`;
  return Buffer.from(`${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}
