import { type RawBuilder, sql } from "kysely";

/**
 * Whether one of the columns contains the text, whatever its case: as it is written, and in lower case, since the
 * database's `lower` knows no other letters than the Latin ones.
 */
export function containsText(columns: readonly string[], text: string): RawBuilder<boolean> {
  const written = patternOf(text);
  const lower = patternOf(text.toLowerCase());
  const either = columns.map((column) => {
    const value = sql.ref(column);
    return sql`${value} like ${written} escape '\\' or lower(${value}) like ${lower} escape '\\'`;
  });
  return sql<boolean>`(${sql.join(either, sql` or `)})`;
}

function patternOf(text: string): string {
  return `%${text.replace(/[\\%_]/g, String.raw`\$&`)}%`;
}
