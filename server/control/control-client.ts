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
  constructor(message: string) {
    super(message);
    this.name = "CommandRefusedError";
  }
}

/** Calls a method of the running server. @throws {NoServerError | CommandRefusedError} */
export async function callServer(path: string, method: string, args: object = {}): Promise<unknown> {
  const response = await open(path, method, args);
  let text = "";
  response.setEncoding("utf8");
  for await (const chunk of response) text += String(chunk);
  return JSON.parse(text);
}

/** Calls a method that answers many values. @throws {NoServerError | CommandRefusedError} */
export async function* streamFromServer(path: string, method: string, args: object = {}): AsyncGenerator<unknown> {
  const response = await open(path, method, args);
  try {
    for await (const line of createInterface({ input: response, crlfDelay: Number.POSITIVE_INFINITY })) {
      if (line !== "") yield JSON.parse(line);
    }
  } finally {
    // Who stops asking for values lets the server stop too.
    if (!response.complete) response.destroy();
  }
  if (!response.complete)
    throw new CommandRefusedError("The server broke off in the middle of its answer; see its log.");
}

async function open(path: string, method: string, args: object): Promise<IncomingMessage> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = request({ socketPath: path, path: `/${method}`, method: "POST" }, resolve);
    sent.once("error", (error: NodeJS.ErrnoException) =>
      reject(error.code === "ENOENT" || error.code === "ECONNREFUSED" ? new NoServerError(path) : error),
    );
    sent.end(JSON.stringify(args));
  });
  if (response.statusCode === 200) return response;
  let text = "";
  for await (const chunk of response) text += String(chunk);
  const answer = JSON.parse(text) as { error: { message: string } };
  throw new CommandRefusedError(answer.error.message);
}
