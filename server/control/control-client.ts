/** The command line's side of the control socket. */
import { type IncomingMessage, request } from "node:http";
import { createInterface } from "node:readline";

/** No server answers on the socket: it does not run, or runs on another data folder. */
export class NoServerError extends Error {
  constructor(path: string) {
    super(
      `No server answers on ${path}. Start it with npm start, or set SIGNAL_DATA_DIR to the data folder of the one that runs.`,
    );
    this.name = "NoServerError";
  }
}

/** The server refused the command; the message is for the person at the terminal. */
export class CommandRefusedError extends Error {
  /** `bad_request`: the command was written wrongly. */
  readonly code: string;
  constructor(message: string, code: string) {
    super(message);
    this.name = "CommandRefusedError";
    this.code = code;
  }
}

/** Calls a method of the running server. @throws {NoServerError | CommandRefusedError} */
export async function callServer(path: string, method: string, args: object = {}): Promise<unknown> {
  const response = await open(path, method, args);
  return JSON.parse(await wholeText(response));
}

/** @throws {CommandRefusedError} `broken_off` when the server went away before the end */
async function wholeText(response: IncomingMessage): Promise<string> {
  let text = "";
  response.setEncoding("utf8");
  try {
    for await (const chunk of response) text += String(chunk);
  } catch (error) {
    if (!isBrokenOff(error)) throw error;
  }
  if (!response.complete) throw new CommandRefusedError(BROKEN_OFF, "broken_off");
  return text;
}

/**
 * Calls a method that answers many values, until `signal` aborts.
 * @throws {NoServerError | CommandRefusedError} `broken_off` when the server went away before the end
 */
export async function* streamFromServer(
  path: string,
  method: string,
  args: object = {},
  signal?: AbortSignal,
): AsyncGenerator<unknown> {
  const response = await open(path, method, args);
  const lines = createInterface({ input: response, crlfDelay: Number.POSITIVE_INFINITY });
  const stop = (): void => {
    lines.close();
    response.destroy();
  };
  signal?.addEventListener("abort", stop, { once: true });
  if (signal?.aborted === true) stop();
  try {
    for await (const line of lines) {
      if (line !== "") yield JSON.parse(line);
    }
  } catch (error) {
    if (!isBrokenOff(error)) throw error;
  } finally {
    signal?.removeEventListener("abort", stop);
    // Who stops asking for values lets the server stop too.
    if (!response.complete) response.destroy();
  }
  if (!response.complete && signal?.aborted !== true) throw new CommandRefusedError(BROKEN_OFF, "broken_off");
}

const BROKEN_OFF = "The server broke off in the middle of its answer, or was ended; see its log.";
const BROKEN_OFF_CODES = new Set<unknown>(["ECONNRESET", "EPIPE", "ABORT_ERR"]);

function isBrokenOff(error: unknown): boolean {
  return error instanceof Error && "code" in error && BROKEN_OFF_CODES.has(error.code);
}

async function open(path: string, method: string, args: object): Promise<IncomingMessage> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = request({ socketPath: path, path: `/${method}`, method: "POST" }, resolve);
    sent.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT" || error.code === "ECONNREFUSED") reject(new NoServerError(path));
      else reject(isBrokenOff(error) ? new CommandRefusedError(BROKEN_OFF, "broken_off") : error);
    });
    sent.end(JSON.stringify(args));
  });
  if (response.statusCode === 200) return response;
  const answer = JSON.parse(await wholeText(response)) as { error: { code: string; message: string } };
  throw new CommandRefusedError(answer.error.message, answer.error.code);
}
