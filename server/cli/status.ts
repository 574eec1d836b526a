/** `signal status`: the sum of every integration, and what stands before it. */
import type { Status } from "@datafly-signal/management-api";
import { callServer } from "../control/control-client.ts";
import { counts, type Output, table } from "./output.ts";

export async function statusCommand(socket: string, output: Output): Promise<number> {
  const status = (await callServer(socket, "status")) as Status;
  output.json(status);
  const { events } = status;
  output.line(`Events accepted ${events.accepted}: processed ${events.processed}, waiting ${events.unprocessed}`);
  if (Object.keys(events.unprocessable).length > 0) output.line(`Not processable: ${counts(events.unprocessable)}`);
  output.line(`Requests refused: ${counts(status.refused)}`);
  output.line("");
  if (status.integrations.length === 0) {
    output.line("No integration yet: events are kept and go nowhere. Add one to signal.yaml (see README).");
    return 0;
  }
  const rows = status.integrations.map((one) => [
    one.name === "(removed)" ? `${one.name} ${one.id}` : one.name,
    one.accepted,
    one.delivered,
    one.in_flight,
    one.retried,
    counts(one.filtered),
    counts(one.dead_lettered),
    one.circuit_reason === undefined ? one.circuit : `${one.circuit}: ${one.circuit_reason}`,
  ]);
  output.line(
    table(["integration", "accepted", "delivered", "in flight", "retried", "filtered", "dead letters", "state"], rows),
  );
  return 0;
}
