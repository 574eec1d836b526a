/** The configuration as `signal.yaml`: complete but for secrets, which are variables. */
import { stringify } from "yaml";
import type { ConfigurationState, IntegrationState } from "./configuration-state.ts";
import { fileDocument, type SecretPlace } from "./file-document.ts";
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
 * The same configuration makes the same text. What the built-in demo brings is not part of it.
 * @param state with the content of every revision that is pinned
 */
export function exportFile(state: ConfigurationState): ExportedFile {
  const variables = new Map<string, ExportedSecret>();
  const namesById = uniqueNames(state);
  const kept: ConfigurationState = { ...state, lanes: state.lanes.filter(({ owner }) => owner !== "demo") };
  const integrations = state.integrations.filter(({ deletedAt, owner }) => deletedAt === null && owner !== "demo");
  const document = fileDocument(
    kept,
    {
      pipelines: state.pipelines,
      integrations,
      dataLayer: state.dataLayer.owner !== "demo",
      organisation: true,
    },
    {
      isExport: true,
      text: (value) => value.replaceAll("${", "$${"),
      secret(sealed, place) {
        const name = variableName(namesById.get(place.object) ?? place.object, place);
        variables.set(name, { ...place, sealed });
        return `\${${name}}`;
      },
    },
  );
  const head = [
    "# The configuration of Datafly Signal. Secrets are variables; set them where this file is applied,",
    "# or leave them unset to keep those that are there.",
  ].join("\n");
  const text = stringify(document, { lineWidth: 0, version: "1.2", aliasDuplicateObjects: false });
  return { text: `${head}\n${text}`, variables };
}

function variableName(name: string, { field, revision }: SecretPlace): string {
  const suffix = revision === undefined ? "" : `_R${revision}`;
  return `${SECRET_VARIABLE}${inCapitals(name)}_${inCapitals(field)}${suffix}`;
}

/** Names that make the same variable are told apart by their ids. */
function uniqueNames(state: ConfigurationState): Map<string, string> {
  const objects: Pick<IntegrationState, "id" | "name">[] = [
    ...state.integrations.filter(({ deletedAt }) => deletedAt === null),
    ...state.pipelines.map(({ id, slug }) => ({ id, name: `pipeline ${slug}` })),
  ];
  const counts = new Map<string, number>();
  for (const { name } of objects) counts.set(inCapitals(name), (counts.get(inCapitals(name)) ?? 0) + 1);
  return new Map(objects.map(({ id, name }) => [id, counts.get(inCapitals(name)) === 1 ? name : `${name} ${id}`]));
}

function inCapitals(name: string): string {
  const text = name
    .normalize("NFKD")
    .toUpperCase()
    .replace(/[^A-Z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "");
  return text === "" ? "UNNAMED" : text;
}
