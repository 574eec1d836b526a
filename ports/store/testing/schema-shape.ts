import { sql } from "kysely";
import type { Database, Queries } from "../queries.ts";

/** One table, in words that mean the same for both dialects. */
export interface TableShape {
  /** `name type`, with `?` where it may be null, in their order. */
  columns: string[];
  /** `primary(a, b)`, `unique(a) where …`, `index(a, b)`, `foreign(a) → table(b) cascade`; sorted. */
  keys: string[];
}

export async function readShape({ dialect, queries }: Database): Promise<Record<string, TableShape>> {
  const tables = await queries.introspection.getTables();
  const shapes: Record<string, TableShape> = {};
  for (const name of tables.map(({ name }) => name).toSorted()) {
    const shape = dialect === "sqlite" ? await sqliteShape(queries, name) : await postgresShape(queries, name);
    shapes[name] = { ...shape, keys: shape.keys.toSorted() };
  }
  return shapes;
}

async function sqliteShape(queries: Queries, table: string): Promise<TableShape> {
  const columns = await sql<{ name: string; type: string; required: number; pk: number }>`
    select name, lower(type) as type, "notnull" as required, pk from pragma_table_info(${table})`.execute(queries);
  const indexes = await sql<{ unique: number; origin: string; statement: string | null; columns: string }>`
    select l."unique", l.origin, s.sql as statement,
      (select group_concat(name, ', ') from (select name from pragma_index_info(l.name) order by seqno)) as columns
    from pragma_index_list(${table}) l left join sqlite_schema s on s.name = l.name`.execute(queries);
  const foreign = await sql<{ target: string; action: string; from_columns: string; to_columns: string }>`
    select "table" as target, lower(on_delete) as action,
      group_concat("from", ', ') as from_columns, group_concat("to", ', ') as to_columns
    from (select * from pragma_foreign_key_list(${table}) order by id, seq) group by id, target, action`.execute(
    queries,
  );
  const primary = columns.rows.filter(({ pk }) => pk > 0).toSorted((a, b) => a.pk - b.pk);
  return {
    columns: columns.rows.map(({ name, type, required }) => `${name} ${type}${required === 1 ? "" : "?"}`),
    keys: [
      `primary(${primary.map(({ name }) => name).join(", ")})`,
      ...indexes.rows
        .filter(({ origin }) => origin !== "pk")
        .map((index) => indexWords(index.unique === 1, index.columns, / where (.*)$/.exec(index.statement ?? "")?.[1])),
      ...foreign.rows.map((key) => foreignWords(key.from_columns, `${key.target}(${key.to_columns})`, key.action)),
    ],
  };
}

async function postgresShape(queries: Queries, table: string): Promise<TableShape> {
  const columns = await sql<{ name: string; type: string; required: number }>`
    select column_name as name, data_type as type, is_nullable = 'NO' as required
    from information_schema.columns where table_schema = 'public' and table_name = ${table}
    order by ordinal_position`.execute(queries);
  const indexes = await sql<{ unique: number; primary: number; condition: string | null; columns: string }>`
    select indisunique as "unique", indisprimary as "primary", pg_get_expr(indpred, indrelid) as condition,
      (select string_agg(a.attname, ', ' order by k.place) from unnest(indkey) with ordinality as k (attnum, place)
        join pg_attribute a on a.attrelid = indrelid and a.attnum = k.attnum) as columns
    from pg_index where indrelid = ${table}::regclass`.execute(queries);
  const foreign = await sql<{ target: string; action: string; from_columns: string; to_columns: string }>`
    select confrelid::regclass::text as target, confdeltype::text as action,
      (select string_agg(attname, ', ' order by place) from unnest(conkey) with ordinality as k (attnum, place)
        join pg_attribute a on a.attrelid = conrelid and a.attnum = k.attnum) as from_columns,
      (select string_agg(attname, ', ' order by place) from unnest(confkey) with ordinality as k (attnum, place)
        join pg_attribute a on a.attrelid = confrelid and a.attnum = k.attnum) as to_columns
    from pg_constraint where contype = 'f' and conrelid = ${table}::regclass`.execute(queries);
  return {
    columns: columns.rows.map(({ name, type, required }) => {
      return `${name} ${type === "bigint" ? "integer" : type}${required === 1 ? "" : "?"}`;
    }),
    keys: [
      ...indexes.rows.map(({ primary, unique, columns, condition }) => {
        return primary === 1 ? `primary(${columns})` : indexWords(unique === 1, columns, condition ?? undefined);
      }),
      ...foreign.rows.map((key) => {
        return foreignWords(key.from_columns, `${key.target}(${key.to_columns})`, key.action === "c" ? "cascade" : "");
      }),
    ],
  };
}

function indexWords(isUnique: boolean, columns: string, condition: string | undefined): string {
  const where = condition === undefined ? "" : ` where ${condition.replaceAll(/[()]/g, "").toLowerCase()}`;
  return `${isUnique ? "unique" : "index"}(${columns})${where}`;
}

function foreignWords(from: string, target: string, action: string): string {
  return `foreign(${from}) → ${target}${action === "cascade" ? " cascade" : ""}`;
}
