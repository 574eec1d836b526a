/** Talks to a server over a bare socket: sends exactly these bytes, reads whatever comes back as HTTP answers. */
import { connect, type Socket } from "node:net";

export interface WireAnswer {
  status: number;
  /** Names in lower case; the last of a name wins. */
  headers: Record<string, string>;
  body: string;
  /** `200`, or status and error code as in `400 invalid_json`. */
  label: string;
}

interface Conversation {
  answers: WireAnswer[];
  /** What came after the last whole answer. */
  rest: string;
  /** Whether the other side ended or broke the connection. */
  closed: boolean;
}

export interface Talk {
  /** Ends when so many answers are there; else when the other side closes. */
  answers?: number;
  /** Waits for the other side to close after the last answer. */
  untilClosed?: boolean;
  /** Sends FIN after the last byte. */
  halfClose?: boolean;
  /** Pause between the pieces. */
  pauseMs?: number;
}

export type Bytes = string | Buffer;

/** Nothing here takes this long: whoever waits longer waits for ever. */
const PATIENCE_MS = 45_000;

/** Sends the pieces one after the other and collects the answers. Texts are sent as latin1, byte for byte. */
export async function talk(port: number, pieces: Bytes | readonly Bytes[], options: Talk = {}): Promise<Conversation> {
  const line = await openLine(port);
  const list = typeof pieces === "string" || Buffer.isBuffer(pieces) ? [pieces] : pieces;
  for (const piece of list) {
    if (line.closed()) break;
    await line.write(piece);
    if (options.pauseMs !== undefined) await pause(options.pauseMs);
  }
  if (options.halfClose === true) line.socket.end();
  const wanted = options.answers ?? Infinity;
  try {
    await line.until(() => line.closed() || (line.read().answers.length >= wanted && options.untilClosed !== true));
    return { ...line.read(), closed: line.closed() };
  } finally {
    line.socket.destroy();
  }
}

export interface Line {
  socket: Socket;
  /** Resolves when the kernel has taken the bytes, or the connection is gone. */
  write(bytes: Bytes): Promise<void>;
  /** What has come so far. */
  read(): Omit<Conversation, "closed">;
  closed(): boolean;
  /** @throws {Error} when it takes longer than anything here may. */
  until(ask: () => boolean, patienceMs?: number): Promise<void>;
}

export async function openLine(port: number): Promise<Line> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true, allowHalfOpen: true });
  const chunks: Buffer[] = [];
  const waiting = new Set<() => void>();
  let closed = false;
  const look = (): void => waiting.forEach((check) => check());
  const end = (): void => {
    closed = true;
    look();
  };
  socket.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    look();
  });
  socket.on("end", end);
  socket.on("close", end);
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("error", reject);
  });
  socket.on("error", end);
  const read = (): Omit<Conversation, "closed"> => answersIn(Buffer.concat(chunks).toString("latin1"));
  return {
    socket,
    read,
    closed: () => closed,
    write: (bytes) =>
      new Promise((resolve) => {
        socket.once("close", resolve);
        socket.write(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes, () => {
          socket.off("close", resolve);
          resolve();
        });
      }),
    until: (ask, patienceMs = PATIENCE_MS) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.delete(check);
          reject(new Error(`the connection neither answered nor closed; it said: ${JSON.stringify(read())}`));
        }, patienceMs);
        const check = (): void => {
          if (!ask()) return;
          waiting.delete(check);
          clearTimeout(timer);
          resolve();
        };
        waiting.add(check);
        check();
      }),
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Cuts a stream into answers by their Content-Length; informational ones are passed over. */
function answersIn(stream: string): Omit<Conversation, "closed"> {
  const answers: WireAnswer[] = [];
  let rest = stream;
  for (;;) {
    const end = rest.indexOf("\r\n\r\n");
    if (end === -1) return { answers, rest };
    const [first = "", ...lines] = rest.slice(0, end).split("\r\n");
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(first)?.[1] ?? 0);
    const headers = Object.fromEntries(lines.map(fieldOf));
    const length = Number(headers["content-length"] ?? 0);
    const from = end + 4;
    if (rest.length < from + length) return { answers, rest };
    const body = rest.slice(from, from + length);
    rest = rest.slice(from + length);
    if (status >= 200) answers.push({ status, headers, body, label: labelOf(status, body) });
  }
}

function fieldOf(line: string): [string, string] {
  const colon = line.indexOf(":");
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}

function labelOf(status: number, body: string): string {
  const code = /^\{"error":"([a-z_]+)","message":"/.exec(body)?.[1];
  return code === undefined ? String(status) : `${status} ${code}`;
}

export interface Post {
  method?: string;
  path?: string;
  version?: string;
  /** Null leaves it out. */
  key?: string | null;
  /** Lines as they stand, without line ends. */
  headers?: readonly string[];
  body?: Bytes;
  /** Instead of the body's true length; null leaves it out. */
  length?: string | null;
}

/** The bytes of a request; only what is asked for is wrong with it. */
export function requestBytes(post: Post): Buffer {
  const body = typeof post.body === "string" ? Buffer.from(post.body) : (post.body ?? Buffer.alloc(0));
  const length = post.length === undefined ? String(body.length) : post.length;
  const lines = [
    `${post.method ?? "POST"} ${post.path ?? "/v1/t"} ${post.version ?? "HTTP/1.1"}`,
    "Host: collect.example.com",
    ...(post.key === null || post.key === undefined ? [] : [`Authorization: Bearer ${post.key}`]),
    ...(length === null ? [] : [`Content-Length: ${length}`]),
    ...(post.headers ?? []),
    "",
    "",
  ];
  return Buffer.concat([Buffer.from(lines.join("\r\n"), "latin1"), body]);
}
