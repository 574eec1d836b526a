/** A running local-bigquery: tables, and what was stored. */
import { join } from "node:path";
import { providedServer } from "./provided.ts";
import { type ServerProcess, startServerProcess } from "./server-process.ts";

export interface LocalBigQuery extends ServerProcess {
  /** Where the REST API begins, without a slash at its end: `http://127.0.0.1:<port>/bigquery/v2`. */
  api: string;
  createDataset(project: string, dataset: string): Promise<void>;
  /** All rows of a table as the API gives them: text, or null. */
  rows(table: TableName): Promise<Record<string, string | null>[]>;
  /** The columns as they are now: `{ event_id: "STRING REQUIRED", … }`. */
  columns(table: TableName): Promise<Record<string, string>>;
  /** Any request of the API. @param path behind `api` */
  call(method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE", path: string, body?: object): Promise<BigQueryAnswer>;
}

export interface TableName {
  project: string;
  dataset: string;
  table: string;
}

interface BigQueryAnswer {
  status: number;
  body: Record<string, unknown>;
}

interface Field {
  name: string;
  type: string;
  mode?: string;
}

/** Its command line has no module to start, and its script names the folder that it was installed in. */
const MAIN = "from local_bigquery.cli import main; main()";

/** Starts one with nothing in it. Its projects need not be made: every name works. */
export async function startLocalBigQuery(): Promise<LocalBigQuery> {
  const installed = await providedServer("local-bigquery");
  const server = await startServerProcess({
    command: join(installed, "bin/python"),
    args: ({ port, folder }) => [
      ...["-c", MAIN, "--host", "127.0.0.1", "--port", String(port), "--grpc-port", "0"],
      ...["--data-dir", join(folder, "data")],
    ],
    env: { HOME: join(installed, "home") },
    readyPath: "/bigquery/v2/projects",
  });
  const api = `${server.url}/bigquery/v2`;
  const call: LocalBigQuery["call"] = async (method, path, body) => {
    const headers = { "content-type": "application/json" };
    const sent = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) };
    const response = await fetch(`${api}${path}`, sent);
    const text = await response.text();
    return { status: response.status, body: text === "" ? {} : (JSON.parse(text) as Record<string, unknown>) };
  };
  return {
    ...server,
    api,
    call,
    async createDataset(project, dataset) {
      const body = { datasetReference: { projectId: project, datasetId: dataset } };
      await succeed(call("POST", `/projects/${project}/datasets`, body));
    },
    rows: (table) => readRows(call, table),
    async columns(table) {
      const fields = await readFields(call, table);
      return Object.fromEntries(fields.map(({ name, type, mode }) => [name, `${type} ${mode ?? "NULLABLE"}`]));
    },
  };
}

/** `/projects/…/tables/events`: where the API has the table. */
export function tablePath({ project, dataset, table }: TableName): string {
  return `/projects/${project}/datasets/${dataset}/tables/${table}`;
}

async function succeed(called: Promise<BigQueryAnswer>): Promise<Record<string, unknown>> {
  const { status, body } = await called;
  if (status < 300) return body;
  throw new Error(`local-bigquery answered ${status}: ${JSON.stringify(body)}`);
}

async function readFields(call: LocalBigQuery["call"], table: TableName): Promise<Field[]> {
  const { schema } = (await succeed(call("GET", tablePath(table)))) as { schema?: { fields?: Field[] } };
  return schema?.fields ?? [];
}

interface RowPage {
  rows?: { f: { v: string | null }[] }[];
  pageToken?: string | null;
}

async function readRows(call: LocalBigQuery["call"], table: TableName): Promise<Record<string, string | null>[]> {
  const names = (await readFields(call, table)).map(({ name }) => name);
  const page = (await succeed(call("GET", `${tablePath(table)}/data`))) as RowPage;
  if (page.pageToken) throw new Error(`${table.table} has more rows than one page`);
  return (page.rows ?? []).map(({ f }) => Object.fromEntries(f.map(({ v }, at) => [names[at] ?? "", v])));
}
