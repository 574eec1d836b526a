/** From deliveries to objects: one PUT for each folder that they part into, under a key made of the batch's id. */
import { createHash } from "node:crypto";
import {
  type AttemptFacts,
  type BuiltRequests,
  type DeliveryRecord,
  signAws,
  USER_AGENT,
  type VendorRequest,
} from "@datafly-signal/core";
import type { WrittenRow } from "./formats.ts";
import { encodeKey } from "./location.ts";
import { rowOf } from "./row.ts";
import type { S3Settings } from "./settings.ts";

interface Piece extends WrittenRow {
  index: number;
  delivery: DeliveryRecord;
  folder: string;
  bytes: number;
}

export function requestBuilder(
  settings: S3Settings,
): (deliveries: readonly DeliveryRecord[], facts: AttemptFacts) => BuiltRequests {
  return (deliveries, facts) => {
    const built: BuiltRequests = { requests: [], refused: [] };
    const folders = new Map<string, Piece[]>();
    deliveries.forEach((delivery, index) => {
      const piece = pieceOf(settings, delivery, index);
      if ("refuse" in piece) return void built.refused.push({ index, reason: piece.refuse });
      const folder = folders.get(piece.folder);
      if (folder === undefined) folders.set(piece.folder, [piece]);
      else folder.push(piece);
    });
    for (const [folder, pieces] of folders) {
      for (const part of split(pieces, settings)) {
        // The id that the worker gives a batch of just these: tried again by themselves they keep their key.
        const id = part.length === deliveries.length ? facts.batchId : idOf(part);
        const key = `${folder}/${id}.${settings.format.ending}`;
        const body = settings.format.body(part);
        const covers = part.map(({ index }) => index);
        built.requests.push(putObject(settings, { key, body, covers, headers: settings.format.headers }, facts.now));
      }
    }
    return built;
  };
}

interface StoredObject {
  key: string;
  body: string | Uint8Array;
  covers: number[];
  headers: Readonly<Record<string, string>>;
}

/** A signed PUT of one object. @param now wall clock, epoch milliseconds */
export function putObject(
  settings: S3Settings,
  { key, body, covers, headers }: StoredObject,
  now: number,
): VendorRequest {
  const request: VendorRequest = {
    method: "PUT",
    url: `${settings.base}${encodeKey(key)}`,
    headers: {
      ...headers,
      "User-Agent": USER_AGENT,
      // Buckets with Object Lock ask for it.
      "Content-MD5": createHash("md5").update(body).digest("base64"),
      ...settings.headers,
    },
    body,
    covers,
  };
  return signAws(request, { service: "s3", region: settings.region, credentials: settings.credentials, now });
}

function pieceOf(settings: S3Settings, delivery: DeliveryRecord, index: number): Piece | { refuse: string } {
  const row = rowOf(delivery);
  if (row === null) return { refuse: "The payload is no object, and a row is one. Mend the mapping." };
  try {
    const written = settings.format.row(row);
    const bytes = Buffer.byteLength(written.text);
    const most = settings.batch.bytes - settings.format.extraBytes;
    if (bytes > most)
      return { refuse: `The event alone has ${bytes} bytes, and max_object_bytes leaves room for ${most}.` };
    return { ...written, index, delivery, folder: folderOf(settings, delivery, row), bytes };
  } catch (error) {
    if (error instanceof RangeError) return { refuse: "The payload is nested too deep to be written." };
    throw error;
  }
}

function folderOf(
  { keys, partitionTime }: S3Settings,
  delivery: DeliveryRecord,
  { event, type }: WrittenRow["row"],
): string {
  const time = partitionTime === "timestamp" ? delivery.timestamp : delivery.receivedAt;
  return keys.folderOf({
    time: isoTime(time) ?? isoTime(delivery.receivedAt) ?? "",
    event: typeof event === "string" && event !== "" ? event : delivery.eventName,
    type: typeof type === "string" ? type : delivery.event.type,
    source_id: delivery.pipelineId,
    integration_id: delivery.integrationId,
  });
}

/** With a year of four digits, in UTC. */
function isoTime(text: string): string | null {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) return null;
  const iso = new Date(ms).toISOString();
  return iso.length === 24 ? iso : null;
}

/** In their order, as many in one object as its limits allow. */
function split(pieces: readonly Piece[], { batch, format }: S3Settings): Piece[][] {
  const parts: Piece[][] = [];
  let open: Piece[] = [];
  let bytes = format.extraBytes;
  for (const piece of pieces) {
    if (open.length > 0 && (open.length >= batch.size || bytes + piece.bytes > batch.bytes)) {
      parts.push(open);
      [open, bytes] = [[], format.extraBytes];
    }
    open.push(piece);
    bytes += piece.bytes;
  }
  if (open.length > 0) parts.push(open);
  return parts;
}

function idOf(part: readonly Piece[]): string {
  const hash = createHash("sha256").update(part.map(({ delivery }) => delivery.deliveryId).join("\n"));
  return hash.digest("hex").slice(0, 32);
}
