/** A running MinIO: buckets, credentials, and what was stored. */
import { join } from "node:path";
import { providedServer } from "./provided.ts";
import { type S3Answer, type S3Credentials, type S3Request, encodeKey, sendS3, xmlTexts } from "./s3-client.ts";
import { type ServerProcess, startServerProcess } from "./server-process.ts";
import { until } from "../../harness/until.ts";

interface StoredObject {
  key: string;
  bytes: number;
  /** Without quotes: the MD5 of objects that came in one piece. */
  etag: string;
}

export interface Minio extends ServerProcess {
  region: string;
  /** May do everything. */
  root: S3Credentials;
  createBucket(name: string): Promise<void>;
  /** All objects below the prefix, at most 1,000, in the order of their keys. */
  list(bucket: string, prefix?: string): Promise<StoredObject[]>;
  /** @throws {Error} when there is no such object */
  read(bucket: string, key: string): Promise<{ body: Buffer; headers: Record<string, string> }>;
  /** Temporary credentials that may do no more than the policy says, for an hour. */
  limitedTo(statements: readonly PolicyStatement[]): Promise<S3Credentials>;
  /** Any request; without signature where the credentials are null. */
  send(request: S3Request, credentials?: S3Credentials | null): Promise<S3Answer>;
}

interface PolicyStatement {
  Effect: "Allow" | "Deny";
  /** As `s3:PutObject`. */
  Action: readonly string[];
  /** As `arn:aws:s3:::bucket/*`. */
  Resource: readonly string[];
}

const START_MS = 30_000;
const REGION = "us-east-1";
const ROOT: S3Credentials = { accessKeyId: "signal-test-key", secretAccessKey: "signal-test-secret-0000" };

/** Starts one with nothing in it. */
export async function startMinio(): Promise<Minio> {
  const server = await startServerProcess({
    command: await providedServer("minio"),
    args: ({ port, folder }) => ["server", "--address", `127.0.0.1:${port}`, join(folder, "drive")],
    env: {
      MINIO_ROOT_USER: ROOT.accessKeyId,
      MINIO_ROOT_PASSWORD: ROOT.secretAccessKey,
      MINIO_REGION: REGION,
      MINIO_BROWSER: "off",
      // It would ask its maker for a newer version.
      MINIO_UPDATE: "off",
    },
    readyPath: "/minio/health/ready",
  });
  const place = { url: server.url, region: REGION };
  const send = (request: S3Request, credentials: S3Credentials | null = ROOT) => sendS3(place, credentials, request);
  const succeed = async (request: S3Request) => {
    const answer = await send(request);
    if (answer.status < 300) return answer;
    throw new Error(`${request.method} ${request.path}: ${answer.status} ${answer.body.toString("utf8")}`);
  };
  const limitedTo = (statements: readonly PolicyStatement[]) => assumeRole(succeed, statements);
  await until(START_MS, () => isInitialized(send, limitedTo)).catch(async (error: unknown) => {
    await server.stop();
    throw new Error(`${String(error)}\n${server.output()}`, { cause: error });
  });
  return {
    ...server,
    region: REGION,
    root: ROOT,
    send,
    async createBucket(name) {
      await succeed({ method: "PUT", path: `/${name}` });
    },
    list: (bucket, prefix = "") => listAll(succeed, bucket, prefix),
    read: (bucket, key) => succeed({ method: "GET", path: `/${bucket}/${encodeKey(key)}` }),
    limitedTo,
  };
}

/** It calls itself ready before it knows buckets and credentials, and answers 503 until then. */
async function isInitialized(send: Minio["send"], limitedTo: Minio["limitedTo"]): Promise<boolean> {
  if ((await send({ method: "GET", path: "/" })).status !== 200) return false;
  const statement = { Effect: "Allow", Action: ["s3:PutObject"], Resource: ["arn:aws:s3:::none/*"] } as const;
  return limitedTo([statement]).then(
    () => true,
    () => false,
  );
}

type Succeed = (request: S3Request) => Promise<S3Answer>;

async function listAll(succeed: Succeed, bucket: string, prefix: string): Promise<StoredObject[]> {
  // Keys come percent-encoded: XML cannot hold every character of a key.
  const query = `encoding-type=url&list-type=2&prefix=${encodeURIComponent(prefix)}`;
  const { body } = await succeed({ method: "GET", path: `/${bucket}?${query}` });
  const page = body.toString("utf8");
  if (xmlTexts(page, "IsTruncated")[0] === "true") throw new Error(`${bucket}/${prefix} has more than 1,000 objects`);
  return [...page.matchAll(/<Contents>(.*?)<\/Contents>/gs)].map(([, inner]) => readObject(inner ?? ""));
}

function readObject(xml: string): StoredObject {
  const first = (name: string) => xmlTexts(xml, name)[0] ?? "";
  const key = decodeURIComponent(first("Key").replaceAll("+", " "));
  return { key, bytes: Number(first("Size")), etag: first("ETag").replaceAll('"', "") };
}

async function assumeRole(succeed: Succeed, statements: readonly PolicyStatement[]): Promise<S3Credentials> {
  const policy = JSON.stringify({ Version: "2012-10-17", Statement: statements });
  const form = { Action: "AssumeRole", Version: "2011-06-15", DurationSeconds: "3600", Policy: policy };
  const headers = { "Content-Type": "application/x-www-form-urlencoded" };
  const body = new URLSearchParams(form).toString();
  const answer = await succeed({ method: "POST", path: "/", service: "sts", headers, body });
  const first = (name: string) => xmlTexts(answer.body.toString("utf8"), name)[0] ?? "";
  return {
    accessKeyId: first("AccessKeyId"),
    secretAccessKey: first("SecretAccessKey"),
    sessionToken: first("SessionToken"),
  };
}
