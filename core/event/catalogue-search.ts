/** Finding events of the catalogue by what someone has typed so far. */
import { nearest } from "../mapping/suggest.ts";
import { type CatalogueEntry, catalogueEntries, comparable, keysOf } from "./catalogue.ts";
import type { Vertical } from "./catalogue-table.ts";

export interface CatalogueMatch {
  name: string;
  vertical: Vertical;
  description: string;
  /** What the text was found in; null where nothing was typed. */
  matched: { kind: "name" | "alias" | "property"; text: string } | null;
}

export interface SearchOptions {
  /** Only events of it, and after them those that all verticals share. */
  vertical?: Vertical;
  /** At most so many; 20 when left out. */
  limit?: number;
}

interface Term {
  kind: "name" | "alias" | "property";
  text: string;
  plain: string;
  words: readonly string[];
}

interface Candidate {
  entry: CatalogueEntry;
  terms: readonly Term[];
}

interface Found {
  entry: CatalogueEntry;
  term: Term | null;
  rank: number;
}

const LIMIT = 20;
const LONGEST = 64;

const CANDIDATES: readonly Candidate[] = catalogueEntries().map((entry) => ({ entry, terms: termsOf(entry) }));

function termsOf({ event, properties }: CatalogueEntry): Term[] {
  const keys = properties.flatMap(({ name, definition }) => keysOf(name, definition.aliases));
  return [
    termOf("name", event.name),
    ...(event.aliases ?? []).map((alias) => termOf("alias", alias)),
    ...keys.map((key) => termOf("property", key)),
  ];
}

function termOf(kind: Term["kind"], text: string): Term {
  const plain = comparable(text);
  return { kind, text, plain, words: plain.split("_") };
}

/**
 * Events whose name, other names or properties fit the text, the best first: the whole name, then its beginning, then the
 * beginnings of its words, then a part of it; names before aliases before properties; what is only nearly so comes last and
 * only where nothing else fits. Without text, all in the order of the tables.
 */
export function searchCatalogue(text: string, { vertical, limit = LIMIT }: SearchOptions = {}): CatalogueMatch[] {
  const wanted = comparable(text.slice(0, LONGEST));
  const candidates = CANDIDATES.filter(({ entry }) => isIn(entry, vertical));
  const exact = candidates.flatMap((candidate) => bestOf(candidate, wanted));
  const found = exact.length > 0 || wanted === "" ? exact : nearly(candidates, wanted);
  const general = ({ entry }: Found): number => (vertical !== undefined && entry.vertical !== vertical ? 1 : 0);
  return found
    .toSorted((left, right) => left.rank - right.rank || general(left) - general(right))
    .slice(0, limit)
    .map(({ entry: { event, vertical: of }, term }) => ({
      name: event.name,
      vertical: of,
      description: event.description,
      matched: term === null ? null : { kind: term.kind, text: term.text },
    }));
}

const isIn = (entry: CatalogueEntry, vertical: Vertical | undefined): boolean =>
  vertical === undefined || entry.vertical === vertical || entry.vertical === "general";

function bestOf({ entry, terms }: Candidate, wanted: string): Found[] {
  if (wanted === "") return [{ entry, term: null, rank: 0 }];
  let best: Found | null = null;
  const words = wanted.split("_").filter((word) => word !== "");
  for (const term of terms) {
    const rank = rankOf(term, wanted, words);
    if (rank !== null && rank < (best?.rank ?? Infinity)) best = { entry, term, rank };
  }
  return best === null ? [] : [best];
}

const KINDS: Readonly<Record<Term["kind"], number>> = { name: 0, alias: 1, property: 10 };

/** Smaller is better; null when it does not fit. */
function rankOf({ kind, plain, words }: Term, wanted: string, parts: readonly string[]): number | null {
  const by = KINDS[kind];
  if (plain === wanted) return by;
  if (plain.startsWith(wanted)) return by + 2;
  if (parts.length > 0 && parts.every((part) => words.some((word) => word.startsWith(part)))) return by + 4;
  if (wanted.length > 2 && plain.includes(wanted)) return by + 6;
  return null;
}

/** Names within a few slips of the pen, or whose beginning is; the nearest of all comes first. */
function nearly(candidates: readonly Candidate[], wanted: string): Found[] {
  const found = candidates.flatMap(({ entry, terms }): Found[] => {
    const term = terms.find((one) => one.kind !== "property" && nearest(wanted, [one.plain]) !== undefined);
    if (term !== undefined) return [{ entry, term, rank: 1 }];
    const begun = terms.find((one) => one.kind !== "property" && isBegun(one.plain, wanted));
    return begun === undefined ? [] : [{ entry, term: begun, rank: 2 }];
  });
  const best = nearest(
    wanted,
    found.map(({ term }) => term?.plain ?? ""),
  );
  return found.map((one) => (best !== undefined && one.term?.plain === best ? { ...one, rank: 0 } : one));
}

const SHORTEST_BEGUN = 4;

function isBegun(plain: string, wanted: string): boolean {
  return wanted.length >= SHORTEST_BEGUN && nearest(wanted, [plain.slice(0, wanted.length)]) !== undefined;
}
