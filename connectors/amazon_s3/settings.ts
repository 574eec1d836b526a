/** What a lane's settings come to, and what is wrong with them beyond their form. */
import type { AwsCredentials, BatchLimits, SettingsContext, SettingsFault, TypedSettings } from "@datafly-signal/core";
import { readColumns } from "./columns.ts";
import type { CONFIG_FIELDS } from "./config-fields.ts";
import { type ObjectFormat, objectFormat } from "./formats.ts";
import { type KeyTemplate, readKeyTemplate } from "./key-template.ts";
import { bucketUrl } from "./location.ts";

type Settings = TypedSettings<typeof CONFIG_FIELDS>;

export interface S3Settings {
  /** The URL that keys follow. */
  base: string;
  /** The address is the user's own. */
  guarded: boolean;
  region: string;
  credentials: AwsCredentials;
  keys: KeyTemplate;
  partitionTime: "timestamp" | "received_at";
  format: ObjectFormat;
  /** Of every object, beside those of its format. */
  headers: Readonly<Record<string, string>>;
  batch: BatchLimits;
}

/** Everything that only S3 knows to be wrong. */
export function settingsFaults(settings: Partial<Settings>): SettingsFault[] {
  const faults: SettingsFault[] = [];
  const add = (field: keyof Settings, message: string | null): void => {
    if (message !== null) faults.push({ field, message });
  };
  const { bucket, endpoint, prefix, columns } = settings;
  if (bucket !== undefined) add("bucket", bucketFault(bucket));
  if (endpoint !== undefined) add("endpoint", endpointFault(endpoint, bucket));
  else addOwnFaults(settings, add);
  const keys = prefix === undefined ? null : readKeyTemplate(prefix);
  if (keys !== null && "fault" in keys) add("prefix", keys.fault);
  const read = columns === undefined ? null : readColumns(columns);
  if (read !== null && "fault" in read) add("columns", read.fault);
  if (settings.kms_key_id !== undefined && settings.sse !== undefined && !settings.sse.startsWith("aws:kms")) {
    add("kms_key_id", "kms_key_id has no effect unless sse is aws:kms or aws:kms:dsse. Set sse, or remove the key.");
  }
  return faults;
}

function bucketFault(bucket: string): string | null {
  if (bucket.includes("..") || /^\d+(\.\d+){3}$/.test(bucket)) {
    return "A bucket's name has no two points in a row and is no IP address. Copy it from the S3 console.";
  }
  if (bucket.endsWith("--x-s3")) return "Directory buckets are not supported. Use a general purpose bucket.";
  return null;
}

function endpointFault(endpoint: string, bucket: string | undefined): string | null {
  const { host, search } = new URL(endpoint);
  if (search !== "") return "endpoint has a query. Enter the address alone, such as https://s3.example.com.";
  if (bucket !== undefined && host.startsWith(`${bucket}.`)) {
    return "endpoint holds the bucket. Enter the address without it; path_style says where the bucket goes.";
  }
  return null;
}

/** What holds for S3 itself and not for compatible stores. */
function addOwnFaults(
  { region, access_key_id: id, session_token: token, path_style: style, bucket }: Partial<Settings>,
  add: (field: keyof Settings, message: string) => void,
): void {
  if (region !== undefined && !/^[a-z]{2,4}(-[a-z]+){1,3}-\d{1,2}$/.test(region)) {
    add("region", "This is no region of AWS. Enter its code, such as eu-west-1; other stores need endpoint too.");
  }
  if (id !== undefined && !/^[A-Z0-9]{16,128}$/.test(id)) {
    add("access_key_id", "An access key ID has 16 or more capital letters and digits. Enter the ID, not the secret.");
  }
  if (id?.startsWith("ASIA") === true && token === undefined) {
    add("session_token", "This access key is temporary and needs its session token. Enter it, or a user's own key.");
  }
  if (style === "false" && bucket?.includes(".") === true) {
    add(
      "path_style",
      "A bucket with points in its name stands in the path: TLS knows no such host. Set path_style to auto.",
    );
  }
}

class UncheckedSettingsError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "UncheckedSettingsError";
  }
}

/** Settings without faults. @throws {UncheckedSettingsError} where there are some */
export function readSettings(settings: Settings, { batch, limits }: SettingsContext): S3Settings {
  const { bucket, region, endpoint, sse, session_token: sessionToken } = settings;
  const keys = readKeyTemplate(settings.prefix);
  const columns = readColumns(settings.columns);
  if ("fault" in keys) throw new UncheckedSettingsError(keys.fault);
  if ("fault" in columns) throw new UncheckedSettingsError(columns.fault);
  return {
    base: bucketUrl({ bucket, region, endpoint, pathStyle: settings.path_style }),
    guarded: endpoint !== undefined,
    region,
    credentials: {
      accessKeyId: settings.access_key_id,
      secretAccessKey: settings.secret_access_key,
      ...(sessionToken !== undefined && { sessionToken }),
    },
    keys,
    partitionTime: settings.partition_time,
    format: objectFormat({ format: settings.format, compression: settings.compression, columns }),
    headers: {
      ...(sse !== "none" && { "X-Amz-Server-Side-Encryption": sse }),
      ...(settings.kms_key_id !== undefined && {
        "X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id": settings.kms_key_id,
      }),
      ...(settings.storage_class !== "STANDARD" && { "X-Amz-Storage-Class": settings.storage_class }),
      ...(settings.overwrite === "false" && { "If-None-Match": "*" }),
    },
    // The integration's batch section says the same as the fields, and wins where both are given.
    batch: {
      size: Math.min(limits.size, batch.size ?? settings.batch_size),
      bytes: Math.min(limits.bytes, batch.bytes ?? settings.max_object_bytes),
      intervalMs: batch.intervalMs ?? settings.batch_interval_seconds * 1_000,
    },
  };
}
