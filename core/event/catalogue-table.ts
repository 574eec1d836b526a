/** The shape of one vertical's part of the event catalogue: plain data. */

interface CatalogueEvent {
  /** The canonical name (GA4 where GA4 has one), snake_case. */
  name: string;
  /** Other names it is sent under; case does not matter, and spaces, `-` and `_` are equal. */
  aliases: readonly string[];
  description: string;
}

/** Canonical property → names it is also sent under, in order of preference, in snake_case (camelCase is implied). */
type PropertyAliases = Readonly<Record<string, readonly string[]>>;

export interface CatalogueVertical {
  vertical: string;
  events: readonly CatalogueEvent[];
  properties: PropertyAliases;
  /** Fields of the objects in `items`. */
  items: PropertyAliases;
}
