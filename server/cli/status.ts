/** `signal status`: the sum of every integration, and what stands before it. */
import type { Status } from "@datafly-signal/management-api";
import { callServer } from "../control/control-client.ts";
import { counts, type Output, table } from "./output.ts";
import { UsageError } from "./usage.ts";

const SHOWN_REFUSED = 5;

export async function statusCommand(args: readonly string[], socket: string, output: Output): Promise<number> {
  const unknown = args.find((arg) => arg !== "--json");
  if (unknown !== undefined) throw new UsageError(`status does not take ${unknown}.`);
  const status = (await callServer(socket, "status")) as Status;
  output.json(status);
  const { events, configuration } = status;
  output.line(`Events accepted ${events.accepted}: processed ${events.processed}, waiting ${events.unprocessed}`);
  for (const line of setAsideLines(status)) output.line(line);
  output.line(`Requests refused: ${counts(status.refused)}`);
  if (status.refused_samples.length > 0) output.line(refusedTable(status.refused_samples));
  if (configuration.refused !== null) {
    output.line("");
    output.line(`Configuration: the change is refused since ${configuration.refused.since}; the last good one stays:`);
    for (const fault of configuration.refused.faults) output.line(`  ${fault}`);
  }
  output.line("");
  if (status.integrations.length === 0) {
    output.line("No integration yet: events are kept and go nowhere. Add one to signal.yaml (see README).");
    return 0;
  }
  output.line(integrationTable(status.integrations));
  return 0;
}

function setAsideLines({ events: { unprocessable }, set_aside: { replayed } }: Status): string[] {
  if (Object.keys(unprocessable).length === 0) return [];
  const again = Object.keys(replayed).length === 0 ? "" : `; of them replayed: ${counts(replayed)}`;
  return [`Events set aside: ${counts(unprocessable)}${again} (see dlq events)`];
}

function integrationTable(integrations: Status["integrations"]): string {
  const head = ["integration", "accepted", "delivered", "in flight", "retried"];
  const rows = integrations.map((one) => [
    one.name === "(removed)" ? [one.former_name ?? "", one.name, one.id].join(" ").trim() : one.name,
    one.accepted,
    one.delivered,
    one.in_flight,
    one.retried,
    one.replayed,
    counts(one.filtered),
    counts(one.dead_lettered),
    one.circuit_reason === undefined ? one.circuit : `${one.circuit}: ${one.circuit_reason}`,
  ]);
  return table([...head, "replayed", "filtered", "dead letters", "state"], rows);
}

function refusedTable(samples: Status["refused_samples"]): string {
  const rows = samples
    .slice(0, SHOWN_REFUSED)
    .map((one) => [
      `  ${one.at}`,
      one.code,
      `${one.method} ${one.path}`,
      one.pipeline ?? "-",
      one.origin ?? one.ip,
      one.message,
    ]);
  return table(["  last refused at", "code", "request", "pipeline", "from", "why"], rows);
}
