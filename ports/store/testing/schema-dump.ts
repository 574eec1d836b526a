import { sql } from "kysely";
import type { Database, Queries } from "../queries.ts";

/** The tables and indexes of a database as SQL, in an order and a form that depend on nothing else. */
export async function dumpSchema({ dialect, queries }: Database): Promise<string> {
  const statements = dialect === "sqlite" ? await sqliteStatements(queries) : await postgresStatements(queries);
  return statements.map((statement) => `${statement};\n`).join("\n");
}

async function sqliteStatements(queries: Queries): Promise<string[]> {
  const { rows } = await sql<{ statement: string }>`
    select sql as statement from sqlite_schema
    where sql is not null and tbl_name not like 'kysely%'
    order by tbl_name, type desc, name`.execute(queries);
  return rows.map(({ statement }) => statement);
}

interface PostgresPart {
  table: string;
  text: string;
}

async function postgresStatements(queries: Queries): Promise<string[]> {
  const columns = await postgresColumns(queries);
  const constraints = await postgresConstraints(queries);
  const indexes = await postgresIndexes(queries);
  const tables = [...new Set(columns.map(({ table }) => table))];
  const of = (table: string, parts: PostgresPart[]): string[] =>
    parts.filter((part) => part.table === table).map(({ text }) => text);
  return tables.flatMap((table) => {
    const lines = [...of(table, columns), ...of(table, constraints)].map((line) => `  ${line}`);
    return [`create table ${table} (\n${lines.join(",\n")}\n)`, ...of(table, indexes)];
  });
}

async function postgresColumns(queries: Queries): Promise<PostgresPart[]> {
  const { rows } = await sql<PostgresPart>`
    select c.relname as "table",
      concat_ws(' ', quote_ident(a.attname), format_type(a.atttypid, a.atttypmod),
        case when o.collname <> 'default' then 'collate ' || quote_ident(o.collname) end,
        case when a.attnotnull then 'not null' end,
        case when d.adbin is not null then 'default ' || pg_get_expr(d.adbin, d.adrelid) end) as text
    from pg_attribute a
    join pg_class c on c.oid = a.attrelid
    left join pg_collation o on o.oid = a.attcollation
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and c.relname not like 'kysely%'
      and a.attnum > 0 and not a.attisdropped
    order by c.relname, a.attnum`.execute(queries);
  return rows;
}

/** Of those on one column only what later versions of the server say in the same words: not that it is not null. */
async function postgresConstraints(queries: Queries): Promise<PostgresPart[]> {
  const { rows } = await sql<PostgresPart>`
    select c.relname as "table", 'constraint ' || quote_ident(k.conname) || ' ' || pg_get_constraintdef(k.oid) as text
    from pg_constraint k
    join pg_class c on c.oid = k.conrelid
    where c.relnamespace = 'public'::regnamespace and c.relname not like 'kysely%' and k.contype in ('p', 'u', 'c', 'f')
    order by c.relname, position(k.contype::text in 'pucf'), k.conname`.execute(queries);
  return rows;
}

async function postgresIndexes(queries: Queries): Promise<PostgresPart[]> {
  const { rows } = await sql<PostgresPart>`
    select t.relname as "table", replace(pg_get_indexdef(i.indexrelid), 'public.', '') as text
    from pg_index i
    join pg_class t on t.oid = i.indrelid
    join pg_class n on n.oid = i.indexrelid
    where t.relnamespace = 'public'::regnamespace and t.relname not like 'kysely%' and not i.indisprimary
    order by t.relname, n.relname`.execute(queries);
  return rows;
}
