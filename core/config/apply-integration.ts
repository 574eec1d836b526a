/** An integration of the file, in the configuration as it is kept: content that changed is the next numbered revision. */
import type { ApplyDraft } from "./apply-draft.ts";
import { changedParts, contentHash, isSameContent, resealChanged } from "./content-seal.ts";
import type { IntegrationState, RevisionState } from "./configuration-state.ts";
import type { FileIntegration, FileRevision } from "./signal-file.ts";

const NEW = { owner: null, version: 0, createdAt: 0, updatedAt: 0, revisions: [], deletedAt: null } as const;

export function applyIntegration(draft: ApplyDraft, file: FileIntegration): void {
  const before = draft.integration(file.id);
  const { revisions, change } = revise(draft, file, before);
  const next: IntegrationState = {
    ...(before ?? NEW),
    id: file.id,
    name: file.name,
    vendor: file.vendor,
    vendorName: file.vendorName,
    description: file.description,
    variant: file.variant,
    custom: file.custom,
    revisions,
    deletedAt: null,
  };
  const faults = draft.faults.length;
  draft.putIntegration(next, `integration "${file.name}"`, file.place);
  if (draft.faults.length === faults && change !== null) draft.revised.push(change);
}

interface Revised {
  revisions: RevisionState[];
  /** What became of it, for people; null where nothing did. */
  change: string | null;
}

function revise(draft: ApplyDraft, file: FileIntegration, before: IntegrationState | undefined): Revised {
  const known = withEarlier(draft, file, before?.revisions ?? []);
  const last = known.at(-1);
  const counted = (last?.number ?? 0) + 1;
  // A number that is given counts where it is not taken yet, so that pipelines may be pinned to it.
  const number = Math.max(counted, file.revision ?? counted);
  if (before === undefined || last === undefined) {
    return { revisions: [...known, newRevision(draft, file, { last, number })], change: added(file, number) };
  }
  if (last === before.revisions.at(-1) && isAsBefore(draft, file, last)) {
    const renamed = before.name === file.name ? null : `integration "${before.name}" is now called "${file.name}"`;
    const change = before.deletedAt === null ? renamed : added(file, last.number);
    return { revisions: [...known.slice(0, -1), underCurrentKey(draft, file, last)], change };
  }
  const next = newRevision(draft, file, { last, number });
  const change = `integration "${file.name}": revision ${number} (${next.changeSummary})`;
  return { revisions: [...known, next], change };
}

/** An earlier revision is taken up where its number is not there yet; one that is there stays as it is. */
function withEarlier(
  draft: ApplyDraft,
  file: FileIntegration,
  before: readonly RevisionState[],
): readonly RevisionState[] {
  const known = new Map(before.map((one) => [one.number, one]));
  const added: FileRevision[] = [];
  for (const one of file.earlier) {
    const there = known.get(one.number);
    if (there === undefined) added.push(one);
    else refuseOther(draft, file, { there, given: one });
  }
  if (added.length === 0) return before;
  const last = before.at(-1)?.number ?? 0;
  const late = added.find(({ number }) => number < last);
  if (late !== undefined) {
    const message = `revision ${late.number} of "${file.name}" cannot be added: ${last} is there already`;
    draft.fault(file.place, "invalid", message, "Take it out of earlier_revisions.");
    return before;
  }
  const { name, vendor, id } = file;
  const made = added.map(({ number, ...rest }) =>
    newRevision(draft, { ...rest, name, vendor, id }, { last: undefined, number }),
  );
  return [...before, ...made];
}

/** A revision is immutable: a text that says something else of it would not be what is done. */
function refuseOther(
  draft: ApplyDraft,
  file: FileIntegration,
  { there, given }: { there: RevisionState; given: FileRevision },
): void {
  const { seal } = draft.options;
  const { number, vendor, hash, content } = there;
  const isSame = vendor === file.vendor && isSameContent(seal, hash, { vendor, content: given.content });
  if (isSame || content === null) return;
  const parts = changedParts(seal, file.id, { before: content, after: given.content });
  if (parts.length === 0) return;
  const message = `revision ${number} of "${file.name}" is there already, and differs from this one (${parts.join(", ")})`;
  draft.fault(file.place, "invalid", message, "Take it out of earlier_revisions: what a revision holds never changes.");
}

function added(file: FileIntegration, number: number): string {
  return `integration "${file.name}" (${file.vendor}): revision ${number}`;
}

/** Comments in a mapping's text are part of what its author wrote; that it is text at all is not. */
function isAsBefore({ options }: ApplyDraft, file: FileIntegration, last: RevisionState): boolean {
  if (options.alwaysRevise === true || !isSameContent(options.seal, last.hash, file)) return false;
  return last.mappingText === null || file.mappingText === null || last.mappingText === file.mappingText;
}

/** After a key rotation: the same number, sealed and fingerprinted with the new key. */
function underCurrentKey(draft: ApplyDraft, file: FileIntegration, last: RevisionState): RevisionState {
  const { seal } = draft.options;
  if (last.content === null) return last;
  const secrets = resealChanged(seal, file.id, { open: file.content.secrets, sealed: last.content.secrets });
  const hash = seal.keyring.needsResealing(last.hash) ? contentHash(seal, file.vendor, file.content) : last.hash;
  return { ...last, hash, content: { ...last.content, secrets } };
}

type Content = Pick<FileIntegration, "id" | "name" | "vendor" | "variant" | "content" | "mappingText">;

function newRevision(
  draft: ApplyDraft,
  file: Content,
  at: { last: RevisionState | undefined; number: number },
): RevisionState {
  const { last, number } = at;
  const { seal, newId, author, now, changeSummary } = draft.options;
  const { secrets, ...rest } = file.content;
  // Those that stay keep their seals, so that what changed can be told.
  const sealed = last?.content?.secrets ?? {};
  return {
    id: newId("rev_"),
    number,
    vendor: file.vendor,
    variant: file.variant,
    hash: contentHash(seal, file.vendor, file.content),
    consentCategories: file.content.consentCategories,
    changeSummary: changeSummary ?? summaryOf(draft, file, last),
    createdBy: author,
    createdAt: now,
    content: { ...structuredClone(rest), secrets: resealChanged(seal, file.id, { open: secrets, sealed }) },
    mappingText: file.mappingText,
  };
}

function summaryOf({ options }: ApplyDraft, file: Content, last: RevisionState | undefined): string {
  if (last === undefined) return "first revision";
  if (last.content === null) return "content changed";
  const parts = changedParts(options.seal, file.id, { before: last.content, after: file.content });
  if (last.vendor !== file.vendor) parts.unshift(`vendor ${last.vendor} → ${file.vendor}`);
  if (parts.length === 0 && last.mappingText !== file.mappingText) parts.push("the mapping's text");
  return parts.join(", ") || (options.alwaysRevise === true ? "as before" : "content as before under an unknown key");
}
