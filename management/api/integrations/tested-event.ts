/** The event of a connection test, mapped as the revision maps it. */
import {
  consentGranted,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  type PipelineState,
  type RevisionContent,
} from "@datafly-signal/core";
import type { Caller, Fault } from "../http/route.ts";
import { type MappingServices, refused, worked } from "../mapping/mapping-services.ts";
import { trialOf } from "../mapping/trial-event.ts";
import { isFault } from "../http/route.ts";
import type { TryResult } from "./try-connection.ts";
import type { MappedEvent } from "./try-event.ts";

export interface TestedEvent {
  event: JsonObject;
  /** As its author wrote it, or plain data. */
  mapping: JsonValue;
  content: RevisionContent;
  pipeline: PipelineState | undefined;
  integrationId: string;
  revision: number;
  caller: Caller;
  now: number;
}

/** What is to be sent; or why nothing is: the request's fault, or the mapping's and the visitor's will. */
export async function mappedEvent(
  services: Pick<MappingServices, "workbench" | "ids"> & MappingServices,
  { event, mapping, content, pipeline, integrationId, revision, caller, now }: TestedEvent,
): Promise<MappedEvent | TryResult | Fault> {
  const trial = trialOf({ event }, { now, ids: services.ids });
  if (isFault(trial)) return trial;
  const known = pipeline && {
    ...{ id: pipeline.id, type: pipeline.type, open: pipeline.parameters },
    secret: Object.keys(pipeline.secretParameters),
  };
  const result = await worked(services, "preview", {
    input: { ...trial, mapping, ...(known && { pipeline: known }) },
    caller,
  });
  if (isFault(result)) return result;
  const { output } = result;
  if ("refused" in output) return refused("event", output.refused);
  const [wrong] = output.faults ?? [];
  if (wrong !== undefined) return unsent(`The mapping is wrong at ${wrong.path}: ${wrong.message}`);
  if (output.error !== undefined)
    return unsent(`The mapping cannot work on it, at ${output.error.path}: ${output.error.message}`);
  if (output.stopped !== undefined)
    return unsent(`The mapping does not send it (${output.stopped.reason}, by ${output.stopped.by}).`);
  const { consent } = output.event.context;
  const given = isJsonObject(consent) ? consent : null;
  if (!consentGranted(given, content.consentCategories)) {
    return unsent(`Its context.consent does not grant all of ${content.consentCategories.join(", ")}.`);
  }
  if (output.payload === undefined) return unsent("What the mapping makes of it is larger than 1 MiB.");
  const { payload, vendor_event_name: name = null } = output;
  return {
    event: output.event,
    payload,
    vendorEventName: name,
    pipelineId: pipeline?.id ?? "",
    integrationId,
    revision,
  };
}

function unsent(why: string): TryResult {
  return { ok: null, message: `Nothing was sent. ${why}` };
}
