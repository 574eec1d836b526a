/** Google BigQuery: events as rows of a table, by streaming inserts. */
import { defineConnector, type TypedSettings } from "@datafly-signal/core";
import { API_ROOT, API_VERSION, SCOPE, TOKEN_URL } from "./api.ts";
import { answerReader } from "./classify.ts";
import { readColumns, sameName } from "./columns.ts";
import { CONFIG_FIELDS } from "./config-fields.ts";
import { connectionTest } from "./connection-test.ts";
import { RESPONSES } from "./responses.ts";
import { rowMaker } from "./row.ts";
import { SCHEMA } from "./schema.ts";
import { tablePreparation, type WantedTable } from "./table.ts";
import { VARIANTS } from "./variants.ts";

const DAY_MS = 86_400_000;

type Settings = TypedSettings<typeof CONFIG_FIELDS>;

export default defineConnector({
  key: "google_bigquery",
  name: "Google BigQuery",
  description: "Streams events into a table of BigQuery, a row each; makes the table and adds columns.",
  category: "cloud_storage",
  tags: ["data_warehouse"],
  status: "ga",
  website: "https://cloud.google.com/bigquery",
  simple_icon: "googlebigquery",
  api: {
    version: API_VERSION,
    documentation: "https://docs.cloud.google.com/bigquery/docs/reference/rest/v2/tabledata/insertAll",
  },
  config_fields: CONFIG_FIELDS,
  variants: VARIANTS,
  // A request takes 10 MB and 50,000 rows, of which 500 are advised. What is gathered stays in the worker's memory.
  limits: {
    rps: 100,
    daily: 0,
    batch: { size: 5_000, bytes: 9_437_184, intervalMs: 60_000 },
    concurrency: 8,
  },
  consent_categories: ["analytics"],
  // The table is partitioned by the event's day; BigQuery streams into partitions of the last ten years.
  maxEventAgeMs: 3_649 * DAY_MS,
  schema: SCHEMA,
  check: ({ extra_columns }) => readColumns(extra_columns).faults,
  delivery: ({ endpoint, token_endpoint, batch_size, batch_interval_seconds }) => ({
    endpoint: {
      url:
        `${endpoint === undefined ? API_ROOT : "{{config.endpoint}}"}/bigquery/${API_VERSION}/projects/` +
        "{{config.project_id}}/datasets/{{config.dataset_id}}/tables/{{config.table_id}}/insertAll",
    },
    auth: {
      kind: "service_account",
      token_url: token_endpoint === undefined ? TOKEN_URL : "{{config.token_endpoint}}",
      audience: TOKEN_URL,
      key: "{{secret.service_account_json}}",
      scope: SCOPE,
    },
    body: {
      encoding: "json",
      envelope: { skipInvalidRows: true, ignoreUnknownValues: false, rows: "$events" },
    },
    batch: { events: batch_size, interval_ms: batch_interval_seconds * 1_000 },
    responses: RESPONSES,
  }),
  hooks(settings) {
    const { columns } = readColumns(settings.extra_columns);
    const makeRow = rowMaker(columns);
    return {
      event: (payload, delivery) => makeRow(payload, delivery),
      classify: answerReader({
        table: settings.table_id,
        creates: settings.create_table === "yes",
        adds: settings.add_columns === "yes",
        columns: new Set(columns.map(({ name }) => sameName(name))),
      }),
    };
  },
  test: (settings) => connectionTest(wantedTable(settings)),
  preparation(settings) {
    const wanted = wantedTable(settings);
    return wanted.creates || wanted.adds ? tablePreparation(wanted) : undefined;
  },
});

function wantedTable(settings: Settings): WantedTable {
  const { endpoint, project_id: project, dataset_id: dataset, table_id: table } = settings;
  return {
    place: { endpoint, project, dataset, table },
    columns: readColumns(settings.extra_columns).columns,
    creates: settings.create_table === "yes",
    adds: settings.add_columns === "yes",
    account: JSON.stringify(settings.service_account_json),
  };
}
