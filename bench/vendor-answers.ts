/** What a vendor answers to a request whose events it took, in the vendor's own shape. */

interface TakenRequest {
  vendor: string;
  /** Events in it. */
  events: number;
  bytes: number;
}

interface VendorAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

export function answerOf({ vendor, events, bytes }: TakenRequest): VendorAnswer {
  switch (vendor) {
    case "amplitude":
      return json({
        code: 200,
        server_upload_time: Date.now(),
        payload_size_bytes: bytes,
        events_ingested: events,
      });
    case "google_analytics_4":
      return { status: 204, headers: { "content-type": "text/plain", "cache-control": "no-cache" }, body: "" };
    default:
      return json({ ok: true });
  }
}

function json(value: object): VendorAnswer {
  return { status: 200, headers: { "content-type": "application/json;charset=utf-8" }, body: JSON.stringify(value) };
}
