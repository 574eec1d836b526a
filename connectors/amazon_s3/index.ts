/** Amazon S3: events as objects of many rows, in AWS or in a store that is compatible with it. */
import { defineConnector } from "@datafly-signal/core";
import { CONFIG_FIELDS } from "./config-fields.ts";
import { connectionTest } from "./connection-test.ts";
import { classifyAnswer } from "./outcomes.ts";
import { requestBuilder } from "./requests.ts";
import { SCHEMA } from "./schema.ts";
import { readSettings, settingsFaults } from "./settings.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html */
const API_VERSION = "2006-03-01";
const TIMEOUT_MS = 60_000;
const MAX_RETRIES = 5;

export default defineConnector({
  key: "amazon_s3",
  name: "Amazon S3",
  description: "Stores events in a bucket, many in one object, as lines of JSON, CSV or Parquet.",
  category: "cloud_storage",
  tags: ["data_warehouse"],
  status: "ga",
  website: "https://aws.amazon.com/s3/",
  api: {
    version: API_VERSION,
    documentation: "https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html",
  },
  config_fields: CONFIG_FIELDS,
  variants: [
    {
      key: "default",
      name: "Lines of JSON",
      description: "Up to 500 events an object, one line of JSON each, compressed by gzip.",
      default_config: {},
    },
    {
      key: "parquet",
      name: "Parquet",
      description: "Up to 5,000 events an object in Parquet, for queries by Athena, Spark or DuckDB.",
      default_config: { format: "parquet", batch_size: "5000", batch_interval_seconds: "300" },
    },
  ],
  // S3 takes 3,500 objects a second and prefix. What is gathered stays in the worker's memory, which bounds the rest.
  limits: {
    rps: 100,
    daily: 0,
    batch: { size: 10_000, bytes: 33_554_432, intervalMs: 60_000 },
    concurrency: 8,
  },
  consent_categories: ["analytics"],
  schema: SCHEMA,
  check: (settings) => settingsFaults(settings),
  plan(settings, context) {
    const read = readSettings(settings, context);
    return {
      batch: read.batch,
      timeoutMs: TIMEOUT_MS,
      maxRetries: MAX_RETRIES,
      guarded: read.guarded,
      test: connectionTest(read),
      build: requestBuilder(read),
      classify: classifyAnswer,
    };
  },
});
