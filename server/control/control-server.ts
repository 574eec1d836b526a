/** The server's side of the command line: JSON calls over a socket that only the folder's owner may open. */
import { chmodSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { isJsonObject, type JsonObject, type Logger } from "@datafly-signal/core";
import { prepareSocketFolder } from "./socket-path.ts";

/** A configuration with its mapping files is the largest. */
const MAX_BODY = 33_554_432;

/** A refusal with words for the person at the terminal. */
export class ControlError extends Error {
  readonly code: "not_found" | "bad_request" | "refused";
  constructor(code: ControlError["code"], message: string) {
    super(message);
    this.name = "ControlError";
    this.code = code;
  }
}

/**
 * Answers one value, or many as lines of JSON; of many, the next one is asked for when the reader has taken the last.
 * `gone` aborts when nobody reads any more.
 */
export type ControlMethod = (args: JsonObject, gone: AbortSignal) => Promise<unknown> | AsyncIterable<unknown>;

/** @throws {ControlError} when the socket cannot be opened, in words for the person who starts the server */
export async function startControlServer(options: {
  path: string;
  methods: Readonly<Record<string, ControlMethod>>;
  logger: Logger;
}): Promise<{ close(): Promise<void> }> {
  const { path, methods, logger } = options;
  const server = createServer((request, response) => {
    handle(request, response, methods).catch((error: unknown) => {
      if (!(error instanceof ControlError))
        logger.error({ error: String(error), call: request.url }, "a command failed");
      fail(response, error);
    });
  });
  await openSocket(server, path);
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function openSocket(server: Server, path: string): Promise<void> {
  try {
    const fault = prepareSocketFolder(path);
    if (fault !== null) throw new ControlError("refused", fault);
    rmSync(path, { force: true });
    await listenPrivately(server, path);
  } catch (error) {
    if (error instanceof ControlError) throw error;
    const cure =
      "Give the user that runs the server the right to write there, or set SIGNAL_DATA_DIR to another folder.";
    throw new ControlError("refused", `The command line's socket ${path} cannot be opened: ${String(error)}. ${cure}`);
  }
}

/** The socket is never open to others: `listen` makes it before it returns, under a mask that leaves them nothing. */
async function listenPrivately(server: Server, path: string): Promise<void> {
  const listening = new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.once("listening", resolve);
  });
  const mask = process.umask(0o077);
  try {
    server.listen(path);
  } finally {
    process.umask(mask);
  }
  await listening;
  chmodSync(path, 0o600);
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  methods: Readonly<Record<string, ControlMethod>>,
): Promise<void> {
  const name = (request.url ?? "/").slice(1);
  const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
  if (method === undefined)
    throw new ControlError("not_found", `The running server does not know the command ${name}.`);
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const result = method(await readArguments(request), gone.signal);
  if (!isStream(result)) {
    const value = await result;
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(value ?? null));
    return;
  }
  response.setHeader("content-type", "application/x-ndjson");
  for await (const value of result) {
    if (!response.write(`${JSON.stringify(value)}\n`)) await drained(response);
    if (response.destroyed) return;
  }
  response.end();
}

/** Resolves when more may be written, or when nobody reads any more. */
function drained(response: ServerResponse): Promise<void> {
  if (response.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      response.off("drain", done).off("close", done);
      resolve();
    };
    response.once("drain", done).once("close", done);
  });
}

function isStream(value: Promise<unknown> | AsyncIterable<unknown>): value is AsyncIterable<unknown> {
  return Symbol.asyncIterator in value;
}

async function readArguments(request: IncomingMessage): Promise<JsonObject> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = chunk as Buffer;
    size += bytes.length;
    if (size > MAX_BODY) throw new ControlError("bad_request", "The command's arguments are too large.");
    chunks.push(bytes);
  }
  if (size === 0) return {};
  const value: unknown = JSON.parse(Buffer.concat(chunks).toString("utf8"));
  if (!isJsonObject(value)) throw new ControlError("bad_request", "The command's arguments must be a JSON object.");
  return value;
}

function fail(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const known = error instanceof ControlError;
  response.statusCode = known ? 400 : 500;
  response.setHeader("content-type", "application/json");
  const message = known ? error.message : `The server failed to answer: ${String(error)}`;
  response.end(JSON.stringify({ error: { code: known ? error.code : "internal", message } }));
}
