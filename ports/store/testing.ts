/** For tests: a PostgreSQL server of one's own, and suites that run on both databases. */
export { eachDatabase } from "./testing/each-database.ts";
export { POSTGRES_MISSING, findPostgresPrograms } from "./testing/postgres-programs.ts";
export { type PostgresServer, startPostgres } from "./testing/postgres-server.ts";
export { dumpSchema } from "./testing/schema-dump.ts";
