/** What S3 says of an error: XML with a code and a message, and the bucket's region in a header. */
import type { VendorResponse } from "@datafly-signal/core";

export interface ErrorAnswer {
  status: number;
  /** As in `NoSuchBucket`; empty where there is none, as in answers to HEAD and of proxies. */
  code: string;
  /** `403 AccessDenied`. */
  shown: string;
  /** Where the bucket is, if S3 says so. */
  region: string | null;
}

export function errorAnswer({ status, headers, body }: VendorResponse): ErrorAnswer {
  const code = elementIn(body, "Code");
  const region = headers["x-amz-bucket-region"] ?? elementIn(body, "Region");
  return {
    status,
    code,
    shown: code === "" ? String(status) : `${status} ${code}`,
    region: /^[a-z0-9-]{2,32}$/.test(region) ? region : null,
  };
}

/** A short word without markup: nothing else of an answer is shown. */
function elementIn(body: string, name: string): string {
  const start = body.indexOf(`<${name}>`);
  if (start === -1) return "";
  const from = start + name.length + 2;
  const text = body.slice(from, body.indexOf("</", from)).trim();
  return /^[A-Za-z0-9.-]{1,80}$/.test(text) ? text : "";
}
