/** The install form's fields. */
import type { ConfigField } from "@datafly-signal/core";

const SWITCH = ["yes", "no"] as const;
/** As YAML and other forms have it. */
const SPELLINGS = { true: "yes", false: "no" };

export const CONFIG_FIELDS = [
  {
    key: "project_id",
    label: "Project ID",
    type: "string",
    required: true,
    pattern: "^([a-z0-9][a-z0-9.-]{1,60}[a-z0-9]:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$",
    example: "shop-analytics",
    help_text: "The ID, not the number or the name. It stands on the dashboard of the Google Cloud console.",
  },
  {
    key: "dataset_id",
    label: "Dataset",
    type: "string",
    required: true,
    pattern: "^[A-Za-z0-9_]{1,1024}$",
    example: "signal",
    help_text: "The dataset that holds the table, without the project. It must be there: BigQuery > Explorer lists it.",
  },
  {
    key: "table_id",
    label: "Table",
    type: "string",
    required: true,
    default: "events",
    pattern: "^[\\p{L}\\p{M}\\p{N}\\p{Pc}\\p{Pd}\\p{Zs}]{1,1024}$",
    example: "events",
    help_text: "The table that rows go to: letters, numbers, dashes and underscores.",
  },
  {
    key: "service_account_json",
    label: "Service account key (JSON)",
    type: "secret",
    required: true,
    json: "object",
    help_text:
      "The key file as it was downloaded: IAM & Admin > Service Accounts > the account > Keys > Add key > JSON. The account " +
      "needs the role BigQuery Data Editor on the dataset.",
  },
  {
    key: "create_table",
    label: "Create the table",
    type: "select",
    required: false,
    options: SWITCH,
    spellings: SPELLINGS,
    default: "yes",
    help_text:
      "Whether the table is made where there is none: partitioned by day of timestamp, clustered by type and event.",
  },
  {
    key: "add_columns",
    label: "Add columns",
    type: "select",
    required: false,
    options: SWITCH,
    spellings: SPELLINGS,
    default: "yes",
    help_text: "Whether columns that the table lacks are added: the thirteen of every row, and those of extra_columns.",
  },
  {
    key: "extra_columns",
    label: "Extra columns",
    type: "textarea",
    required: false,
    json: "object",
    example: '{"order_id": "STRING", "value": "NUMERIC", "item_ids": "ARRAY<STRING>"}',
    help_text:
      "A JSON object of columns beside the thirteen: name to type. The mapping fills them: each is a target of its rows.",
  },
  {
    key: "batch_size",
    label: "Rows a request",
    type: "string",
    required: false,
    default: "500",
    number: { minimum: 1, maximum: 5_000 },
    help_text: "The most rows in one request, 1 to 5000. Google advises 500.",
  },
  {
    key: "batch_interval_seconds",
    label: "Batch interval (seconds)",
    type: "string",
    required: false,
    default: "60",
    number: { minimum: 0, maximum: 3_600 },
    help_text: "How long the first row of a request waits for others, 0 to 3600 seconds.",
  },
  {
    key: "endpoint",
    label: "Endpoint",
    type: "string",
    required: false,
    url: true,
    example: "https://bigquery.europe-west3.rep.googleapis.com",
    help_text:
      "Another address of the API, without /bigquery/v2: a regional endpoint, Private Service Connect, or an emulator while " +
      "developing. Left out, it is https://bigquery.googleapis.com.",
  },
  {
    key: "token_endpoint",
    label: "Token endpoint",
    type: "string",
    required: false,
    url: true,
    example: "https://oauth2-shop.p.googleapis.com/token",
    help_text:
      "Another address that access tokens are had from, whole: for Private Service Connect. Left out, it is " +
      "https://oauth2.googleapis.com/token.",
  },
] as const satisfies readonly ConfigField[];
