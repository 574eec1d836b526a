/** `data_layer` and `organisation` of the file, in the configuration as it is kept. */
import { asJson, canonicalJson } from "./canonical-json.ts";
import type { ApplyDraft } from "./apply-draft.ts";
import type { Owner } from "./configuration-state.ts";
import { sealDataLayer } from "./resolve-data-layer.ts";
import type { SignalFile } from "./signal-file.ts";

export function applySections(draft: ApplyDraft, file: SignalFile): void {
  applyDataLayer(draft, file);
  applyOrganisation(draft, file);
}

function applyDataLayer(draft: ApplyDraft, { dataLayer }: SignalFile): void {
  const before = draft.dataLayer;
  if (dataLayer === undefined && !leaves(draft, before.owner)) return;
  const { seal, now, author, owner } = draft.options;
  const { config, secrets } = sealDataLayer(seal, dataLayer, before.secrets);
  const same = isSame([config, secrets], [before.config, before.secrets]);
  if (same && !takesOver(draft, before.owner, dataLayer)) return;
  if (refuses(draft, before.owner, "data_layer")) return;
  draft.dataLayer = {
    config,
    secrets,
    owner: dataLayer === undefined ? null : owner,
    version: before.version + 1,
    updatedAt: now,
    updatedBy: author,
  };
  draft.changed = true;
}

function applyOrganisation(draft: ApplyDraft, { organisation }: SignalFile): void {
  const before = draft.organisation;
  if (organisation === undefined && !leaves(draft, before.owner)) return;
  const settings = organisation ?? null;
  if (isSame(settings, before.settings) && !takesOver(draft, before.owner, organisation)) return;
  if (refuses(draft, before.owner, "organisation")) return;
  const { now, owner } = draft.options;
  draft.organisation = {
    ...before,
    settings,
    owner: organisation === undefined ? null : owner,
    version: before.version + 1,
    updatedAt: now,
  };
  draft.changed = true;
}

/** What a file names is the file's, also where it is as the file says already. */
function takesOver({ options }: ApplyDraft, owner: Owner, section: object | undefined): boolean {
  return section !== undefined && options.owner === "file" && owner !== "file";
}

/** A section that its owner does not name any more. */
function leaves({ options }: ApplyDraft, owner: Owner): boolean {
  if (options.prune === true) return owner !== "file";
  if (options.owner === "file" && owner === "demo") return true;
  return options.whole === true && owner === options.owner;
}

function refuses(draft: ApplyDraft, owner: Owner, section: string): boolean {
  const { options } = draft;
  if (owner !== "file" || options.owner === "file") return false;
  const place = { file: options.fileName, line: 1, column: 1, path: section };
  draft.fault(place, "managed", `${section} belongs to the configuration file`, "Change it there.");
  return true;
}

function isSame(a: object | null, b: object | null): boolean {
  return canonicalJson(asJson({ a })) === canonicalJson(asJson({ a: b }));
}
