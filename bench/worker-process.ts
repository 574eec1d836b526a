/** The worker as its thread in the server composes it, on the folder and for the vendor named on the command line. */
import { performance } from "node:perf_hooks";
import type { Clock, Logger, VendorRequest } from "@datafly-signal/core";
import { openLmdbLog } from "@datafly-signal/ports/log/lmdb";
import { openLmdbState } from "@datafly-signal/ports/state/lmdb";
import { createSender, type Sender, startWorker, type Worker } from "@datafly-signal/worker";
import { Registry } from "prom-client";
import { openCase } from "./connector-case.ts";

const [vendor = "", directory = "", receiver = ""] = process.argv.slice(2);
const CLOSE_WITHIN_MS = 5_000;
/** Production's share. */
const TRACE_SHARE = 0.01;

const clock: Clock = {
  wall: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms).unref();
    return () => clearTimeout(timer);
  },
};
const print = (fields: object, message: string): void =>
  void process.stderr.write(`${message} ${JSON.stringify(fields)}\n`);
const logger: Logger = { debug() {}, info() {}, warn: print, error: print };

const { connector, snapshot } = await openCase(vendor);
const log = openLmdbLog({ directory });
const state = openLmdbState({ directory });
const sender = createSender({ allowPrivateAddresses: true });
let worker: Worker | undefined;

process.on("message", (question) => void answer(question));
process.on("SIGTERM", () => void close());
process.send?.({ port: 0 });

async function answer(question: unknown): Promise<void> {
  if (question === "start") worker = await start();
  process.send?.(worker?.idle() ?? false);
}

function start(): Promise<Worker> {
  return startWorker({
    log,
    state,
    connectors: new Map([[connector.key, connector]]),
    snapshots: { current: () => snapshot, onChange: () => () => undefined, refresh: () => Promise.resolve() },
    sender: leadingTo(receiver, sender),
    openSecret: (sealed) => sealed,
    clock,
    random: Math.random,
    logger,
    registry: new Registry(),
    traces: { share: TRACE_SHARE, roomy: () => true },
  });
}

/** The vendor's host is the receiver; everything after the host stays as the connector wrote it. */
function leadingTo(origin: string, sender: Sender): Sender {
  const led = ({ url, ...request }: VendorRequest): VendorRequest => ({
    ...request,
    url: origin + url.slice(url.indexOf("/", "https://".length)),
  });
  return { send: (request, options) => sender.send(led(request), options), close: () => sender.close() };
}

async function close(): Promise<void> {
  await worker?.close(CLOSE_WITHIN_MS);
  await sender.close();
  await state.close();
  await log.close();
  process.exit(0);
}
