/** What the readers of a spec share: the settings, and the faults found so far. */
import type { ConfigField, SettingsFault } from "../connector/contract.ts";
import type { JsonValue } from "../json.ts";
import { isSetting, Missing, type Scope, SETTING_ROOTS, textOf, valueOf } from "./scope.ts";
import { placeholdersOf, readTemplate, type TextTemplate } from "./template-text.ts";

export interface SpecReading {
  /** `config`, `secret` and `environment`. */
  settings: Scope;
  environment: "development" | "production";
  /** The fields of the connector; undefined for a spec of the user's own. */
  fields: readonly ConfigField[] | undefined;
  faults: SettingsFault[];
}

/** Where in the spec: `auth.token`. */
export type SpecPlace = string;

export function addSpecFault(reading: SpecReading, place: SpecPlace, message: string): void {
  reading.faults.push({ field: `delivery_spec.${place}`, message });
}

/** A text's template; undefined, with its faults said, where it cannot be read or a setting it needs is not there. */
export function readText(
  reading: SpecReading,
  place: SpecPlace,
  { text, roots }: { text: string; roots: readonly string[] },
): TextTemplate | undefined {
  const template = readTemplate(text, roots);
  if ("fault" in template) {
    addSpecFault(reading, place, template.fault);
    return undefined;
  }
  return checkSettingsOf(reading, place, template) ? template : undefined;
}

/** Says which settings are missing; true when none is. */
function checkSettingsOf(reading: SpecReading, place: SpecPlace, template: TextTemplate): boolean {
  const missing = placeholdersOf(template)
    .filter(isSetting)
    .filter((placeholder) => valueOf(placeholder, reading.settings) instanceof Missing);
  for (const { root, segments, text } of missing) {
    const [key] = segments;
    const name = key?.kind === "key" ? key.key : "";
    const home = root === "secret" ? "secrets" : "config";
    // A field that the connector knows is what a person can mend; else the spec and its settings do not fit.
    const field = reading.fields?.find((candidate) => candidate.key === name);
    const cure =
      field === undefined ? `Add ${home}: { ${name}: … }, or write ${text.replace("}}", "?}}")}.` : field.help_text;
    reading.faults.push({
      field: name === "" ? `delivery_spec.${place}` : name,
      message: `${field?.label ?? name} is missing: ${place} of the delivery spec needs it. ${cure}`,
    });
  }
  return missing.length === 0;
}

/** A text of settings alone, written out; undefined, with its fault said, where that cannot be. */
export function readSetting(reading: SpecReading, place: SpecPlace, text: string): string | undefined {
  const template = readText(reading, place, { text, roots: SETTING_ROOTS });
  const written = template && textOf(template, reading.settings);
  return written instanceof Missing ? undefined : written;
}

/** The keys of the settings that a text is made of. */
export function settingKeys(text: JsonValue | undefined): string[] {
  if (typeof text !== "string") return [];
  return [...text.matchAll(/\{\{\s*(?:config|secret)\.([A-Za-z0-9_-]+)/g)].map(([, key]) => key ?? "");
}
