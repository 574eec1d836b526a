/** What stands in the objects of a bucket, read by what had no part in writing it. */
import { createRequire } from "node:module";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { PROJECT } from "../../harness/signal-server.ts";
import type { Minio } from "../servers/minio.ts";

export type Row = Record<string, unknown>;

interface StoredRows {
  key: string;
  headers: Record<string, string>;
  rows: Row[];
}

interface ParquetReader {
  parquetReadObjects(options: {
    file: ArrayBuffer;
    compressors: { GZIP: (input: Uint8Array) => Uint8Array };
  }): Promise<Row[]>;
}

/** A dependency of connectors/ alone: it is looked up there. */
const { parquetReadObjects } = createRequire(join(PROJECT, "connectors/package.json"))("hyparquet") as ParquetReader;

/** Every object under the prefix with its rows, in the order of their keys; objects of nothing have none. */
export async function storedRows(minio: Minio, bucket: string, prefix = ""): Promise<StoredRows[]> {
  const objects = (await minio.list(bucket, prefix)).toSorted((a, b) => (a.key < b.key ? -1 : 1));
  return Promise.all(
    objects.map(async ({ key }) => {
      const { headers, body } = await minio.read(bucket, key);
      return { key, headers, rows: await rowsOf(key, body) };
    }),
  );
}

async function rowsOf(key: string, body: Buffer): Promise<Row[]> {
  if (key.endsWith(".parquet")) {
    const file = new Uint8Array(body).buffer;
    return parquetReadObjects({ file, compressors: { GZIP: (input) => new Uint8Array(gunzipSync(input)) } });
  }
  const text = (key.endsWith(".gz") ? gunzipSync(body) : body).toString("utf8");
  if (/\.csv(\.gz)?$/.test(key)) return parseCsv(text);
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Row);
}

/** RFC 4180, with null for a cell of nothing, in or out of quotes the same otherwise. */
function parseCsv(text: string): Row[] {
  const lines: (string | null)[][] = [];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n)/y;
  let line: (string | null)[] = [];
  while (cell.lastIndex < text.length) {
    const match = cell.exec(text);
    if (match === null) throw new Error(`no CSV: ${text.slice(0, 200)}`);
    const [, quoted, plain = "", end] = match;
    line.push(quoted?.replaceAll('""', '"') ?? (plain === "" ? null : plain));
    if (end !== "\n") continue;
    lines.push(line);
    line = [];
  }
  const [names = [], ...rows] = lines;
  return rows.map((cells) => Object.fromEntries(names.map((name, at) => [name ?? "", cells[at] ?? null])));
}
