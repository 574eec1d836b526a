/** A client of the S3 protocol that sees what was stored; it signs by `aws4` and by nothing of the product's own. */
import { request as httpRequest } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";
import { PROJECT } from "../../harness/signal-server.ts";

export interface S3Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  /** Of temporary credentials. */
  sessionToken?: string;
}

export interface S3Request {
  method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  /** With the query; parts of keys are percent-encoded. */
  path: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
  /** `s3` unless it is `sts`. */
  service?: "s3" | "sts";
}

export interface S3Answer {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
  /** The `Code` of an error's XML, null of anything else. */
  errorCode: string | null;
}

interface Signer {
  sign(
    request: S3Request & { host: string; region: string },
    credentials: S3Credentials,
  ): { headers: Record<string, string> };
}

/** A dependency of core/ alone: it is looked up there. */
const aws4 = createRequire(join(PROJECT, "core/package.json"))("aws4") as Signer;

/** Sends one request, signed where there are credentials. @param region as it stands in the signature */
export function sendS3(
  server: { url: string; region: string },
  credentials: S3Credentials | null,
  request: S3Request,
): Promise<S3Answer> {
  const { host } = new URL(server.url);
  const parts = { service: "s3", ...request, host, region: server.region } as const;
  const headers = credentials === null ? (request.headers ?? {}) : aws4.sign(parts, credentials).headers;
  return new Promise((resolve, reject) => {
    const options = { method: request.method, path: request.path, headers: { ...headers, Host: host } };
    const sent = httpRequest(server.url, options, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const body = Buffer.concat(chunks);
        const named = Object.entries(response.headers).map(([name, value]) => [name, String(value)]);
        const headers = Object.fromEntries(named) as Record<string, string>;
        resolve({ status: response.statusCode ?? 0, headers, body, errorCode: errorCode(body) });
      });
    });
    sent.once("error", reject);
    sent.end(request.body);
  });
}

function errorCode(body: Buffer): string | null {
  return /<Error>.*?<Code>([^<]+)<\/Code>/s.exec(body.toString("utf8"))?.[1] ?? null;
}

/** The texts of an element of this name, in order. */
export function xmlTexts(xml: string, name: string): string[] {
  return [...xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, "g"))].map(([, text]) => unescapeXml(text ?? ""));
}

const ENTITIES: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", "#34": '"', "#39": "'" };

function unescapeXml(text: string): string {
  return text.replaceAll(/&([^;]+);/g, (whole, name: string) => ENTITIES[name] ?? whole);
}

/** `year=2026/a b.json` as it stands in a path. */
export function encodeKey(key: string): string {
  return key.split("/").map(encodePart).join("/");
}

function encodePart(part: string): string {
  return encodeURIComponent(part).replaceAll(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}
