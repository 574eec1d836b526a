/** AWS Signature Version 4 of a whole request, by `aws4`; the time comes from outside. */
import { createHash } from "node:crypto";
import aws4 from "aws4";
import type { VendorRequest } from "../connector/contract.ts";
import type { AuthOf } from "./auth-schema.ts";
import { readSetting, type SpecReading } from "./spec-reading.ts";

/** The request with its signature. @param now wall clock, epoch milliseconds */
export type RequestSigner = (request: VendorRequest, now: number) => VendorRequest;

export interface AwsCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  /** Of temporary credentials. */
  sessionToken?: string;
}

/** Undefined where the settings are at fault. */
export function awsSigner(reading: SpecReading, spec: AuthOf<"aws_sigv4">): RequestSigner | undefined {
  const region = readSetting(reading, "auth.region", spec.region);
  const accessKeyId = readSetting(reading, "auth.access_key_id", spec.access_key_id);
  const secretAccessKey = readSetting(reading, "auth.secret_access_key", spec.secret_access_key);
  const sessionToken = readSetting(reading, "auth.session_token", spec.session_token ?? "");
  if (region === undefined || accessKeyId === undefined || secretAccessKey === undefined) return undefined;
  const session = sessionToken === undefined || sessionToken === "" ? {} : { sessionToken };
  const scope = { service: spec.service, region };
  return (request, now) =>
    signAws(request, { ...scope, credentials: { accessKeyId, secretAccessKey, ...session }, now });
}

/** Signs by hash of the whole body; headers that are there already are signed too. */
export function signAws(
  request: VendorRequest,
  { service, region, credentials, now }: { service: string; region: string; credentials: AwsCredentials; now: number },
): VendorRequest {
  const { host, pathname, search } = new URL(request.url);
  const body = request.body ?? "";
  const date = new Date(now).toISOString().replace(/[:-]|\.\d{3}/g, "");
  const isS3 = service === "s3";
  const added = {
    "X-Amz-Date": date,
    ...(isS3 && { "X-Amz-Content-Sha256": createHash("sha256").update(body).digest("hex") }),
    ...(credentials.sessionToken !== undefined && { "X-Amz-Security-Token": credentials.sessionToken }),
  };
  const signer = new aws4.RequestSigner(
    {
      method: request.method,
      service,
      region,
      host,
      path: `${pathname}${search}`,
      // The sender sets Host and Content-Length itself; only the first is signed.
      headers: { ...request.headers, ...added, Host: host },
      body: typeof body === "string" ? body : Buffer.from(body),
      doNotModifyHeaders: true,
    },
    { accessKeyId: credentials.accessKeyId, secretAccessKey: credentials.secretAccessKey },
  );
  signer.datetime = date;
  const { headers = {} } = signer.sign();
  const authorization = String(headers["Authorization"]);
  return { ...request, headers: { ...request.headers, ...added, Authorization: authorization } };
}
