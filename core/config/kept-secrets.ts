/** Variables of an exported file that stand for secrets which are there already: they count in their own places alone. */
import { type ConfigFault, sortFaults } from "./fault.ts";
import type { ExportedSecret } from "./export-file.ts";
import { expandVariables } from "./expand-variables.ts";
import { derivedId, slugOf } from "./ids.ts";
import { childOf, scalarsOf } from "./read-context.ts";
import { readYaml, type SourceNode } from "./yaml-source.ts";

/**
 * Which of `kept` the text asks for, and the faults of those that stand elsewhere: a secret that is written where values
 * are shown would be shown.
 * @param given names that the author sets themselves
 */
export function keptSecrets(
  text: string,
  from: {
    file: string;
    kept: ReadonlyMap<string, ExportedSecret>;
    given: ReadonlySet<string>;
    /** The text is a mapping's: no secret has its place there. */
    isMapping?: true;
  },
): { used: string[]; faults: ConfigFault[] } {
  const { file, kept, given, isMapping = false } = from;
  const source = readYaml(text, { file, env: null });
  const used = new Set<string>();
  const faults: ConfigFault[] = [];
  const { root } = source;
  // Found as they are filled in; a plain `${` asks for nothing.
  const asIs = Object.fromEntries([...kept.keys()].map((name) => [name, name]));
  // Faults of its syntax are met when it is read.
  if (root === undefined) return { used: [], faults: [] };
  for (const { node, path } of scalarsOf(root, [])) {
    if (typeof node.value !== "string") continue;
    for (const name of new Set(expandVariables(node.value, asIs).used)) {
      const secret = kept.get(name);
      if (secret === undefined || given.has(name)) continue;
      if (!isMapping && node.value === `\${${name}}` && isHome(root, path, secret)) used.add(name);
      else {
        const message = `\${${name}} stands for a secret that is kept, and this is not its place`;
        faults.push({
          ...source.place(node.offset, path),
          message,
          cure: `Set ${name} yourself, or take it out here.`,
        });
      }
    }
  }
  return { used: [...used], faults: sortFaults(faults, file) };
}

function isHome(root: SourceNode, path: readonly (string | number)[], secret: ExportedSecret): boolean {
  const [section, index = "", ...rest] = path;
  const { object, field, revision } = secret;
  if (section === "data_layer") return object === "data_layer" && `${[index, ...rest].join(".")}` === field;
  if (section !== "pipelines" && section !== "integrations") return false;
  const node = childOf(childOf(root, section)?.node, index)?.node;
  if (idOf(section, node) !== object) return false;
  if (section === "pipelines") return rest.length === 2 && rest[0] === "parameters" && rest[1] === field;
  if (revision === undefined) return rest.length === 2 && rest[0] === "secrets" && rest[1] === field;
  const [list, position = "", home, key] = rest;
  const number = childOf(childOf(childOf(node, list ?? "")?.node, position)?.node, "revision")?.node;
  const isNumber = number?.kind === "scalar" && number.value === revision;
  return list === "earlier_revisions" && isNumber && home === "secrets" && key === field;
}

function idOf(section: "pipelines" | "integrations", node: SourceNode | undefined): string | undefined {
  const text = (key: string): string | undefined => {
    const value = childOf(node, key)?.node;
    // What is filled in may make it another one.
    const isPlain = value?.kind === "scalar" && typeof value.value === "string" && !value.value.includes("${");
    return isPlain ? String(value.value) : undefined;
  };
  const has = (key: string): boolean => childOf(node, key) !== undefined;
  if (has("id")) return text("id");
  const name = text("name");
  if (section === "pipelines") {
    const slug = has("slug") || name === undefined ? text("slug") : slugOf(name);
    return slug === undefined ? undefined : derivedId("pipeline", slug);
  }
  return name === undefined ? undefined : derivedId("template", name);
}
