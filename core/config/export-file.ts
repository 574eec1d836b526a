/** The configuration as `signal.yaml`: complete but for secrets, which are variables. */
import { createHash } from "node:crypto";
import { stringify } from "yaml";
import type { JsonObject } from "../json.ts";
import type { ConfigurationState } from "./configuration-state.ts";
import { type DocumentParts, fileDocument, type SecretPlace } from "./file-document.ts";
import type { SealedSecret } from "./snapshot.ts";

export interface ExportedFile {
  text: string;
  /** What the file's variables stand for, by their names. */
  variables: Map<string, ExportedSecret>;
}

export interface ExportedSecret extends SecretPlace {
  sealed: SealedSecret;
}

/** The beginning of the names of variables that stand for secrets. */
export const SECRET_VARIABLE = "SIGNAL_SECRET_";

/**
 * The same configuration makes the same text, whenever and in whatever order its parts were made. What the built-in demo
 * brings is not part of it.
 * @param state with the content of every revision that is pinned
 */
export function exportFile(state: ConfigurationState): ExportedFile {
  const { document, variables } = exportedDocument(state);
  const head = [
    "# The configuration of Datafly Signal. Secrets are variables; set them where this file is applied,",
    "# or leave them unset to keep those that are there.",
  ].join("\n");
  const text = stringify(document, { lineWidth: 0, version: "1.2", aliasDuplicateObjects: false });
  return { text: `${head}\n${text}`, variables };
}

/** What the variables of the exported file stand for, without making its text. */
export function exportedSecrets(state: ConfigurationState): ExportedFile["variables"] {
  return exportedDocument(state).variables;
}

function exportedDocument(state: ConfigurationState): Pick<ExportedFile, "variables"> & { document: JsonObject } {
  const variables = new Map<string, ExportedSecret>();
  const live = state.integrations.filter(({ deletedAt, owner }) => deletedAt === null && owner !== "demo");
  const integrations = live.toSorted((a, b) => compareText(a.name, b.name));
  const places = new Map(integrations.map(({ id }, index) => [id, index]));
  const lanes = state.lanes.filter(({ integrationId }) => places.has(integrationId));
  const kept: ConfigurationState = {
    ...state,
    lanes: lanes.toSorted((a, b) => (places.get(a.integrationId) ?? 0) - (places.get(b.integrationId) ?? 0)),
  };
  const pipelines = state.pipelines
    .map((one) => ({ ...one, keys: one.keys.toSorted((a, b) => compareText(a.key, b.key)) }))
    .toSorted((a, b) => compareText(a.name, b.name));
  const names = variableNames(kept, { pipelines, integrations });
  const document = fileDocument(
    kept,
    {
      pipelines,
      integrations,
      dataLayer: state.dataLayer.owner !== "demo",
      organisation: true,
    },
    {
      isExport: true,
      // A function: in a replacement text `$$` stands for one `$`.
      text: (value) => value.replaceAll("${", () => "$${"),
      secret(sealed, place) {
        const name = names.get(keyOf(place)) ?? variableOf(place.object, place);
        variables.set(name, { ...place, sealed });
        return `\${${name}}`;
      },
    },
  );
  return { document, variables };
}

/** Longer names are cut: what stands for a variable's value may be given by name in a request. */
const LONGEST_NAME = 150;

/** Places that would make the same name are told apart by what they are. */
function variableNames(state: ConfigurationState, parts: Pick<DocumentParts, "pipelines" | "integrations">) {
  const places: { base: string; key: string }[] = [];
  const names = new Map([
    ...parts.integrations.map(({ id, name }) => [id, name] as const),
    ...parts.pipelines.map(({ id, slug }) => [id, `pipeline ${slug}`] as const),
  ]);
  const everything = { ...parts, dataLayer: true, organisation: false };
  const take = (_sealed: SealedSecret, place: SecretPlace): string => {
    places.push({ base: variableOf(names.get(place.object) ?? place.object, place), key: keyOf(place) });
    return "";
  };
  fileDocument(state, everything, { isExport: true, text: (value) => value, secret: take });
  const shared = Map.groupBy(places, ({ base }) => base);
  return new Map(
    places.map(({ base, key }) => [key, shared.get(base)?.length === 1 ? base : `${base}_${fingerprintOf(key)}`]),
  );
}

function keyOf({ object, field, revision }: SecretPlace): string {
  return JSON.stringify([object, field, revision ?? null]);
}

function fingerprintOf(key: string): string {
  return createHash("sha256").update(key, "utf8").digest("hex").slice(0, 10).toUpperCase();
}

function variableOf(name: string, { field, revision }: SecretPlace): string {
  const suffix = revision === undefined ? "" : `_R${revision}`;
  return `${`${SECRET_VARIABLE}${inCapitals(name)}_${inCapitals(field)}`.slice(0, LONGEST_NAME)}${suffix}`;
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function inCapitals(name: string): string {
  const text = name
    .normalize("NFKD")
    .toUpperCase()
    .replace(/[^A-Z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "");
  return text === "" ? "UNNAMED" : text;
}
