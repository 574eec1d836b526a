/** Rotation of the encryption key: everything that a previous key has sealed is sealed anew under the current one. */
import { type ConfigSeal, contentHash } from "@datafly-signal/core";
import {
  type Database,
  deleteAnswersOfOtherKeys,
  type InTransaction,
  listSealedHolders,
  listSealedRevisions,
  raiseConfigurationNumber,
  resealHolder,
  resealRevision,
  type SealedRevision,
} from "@datafly-signal/ports/store";
import { COMMAND_LINE } from "../operator/command-line.ts";
import { insertAudit } from "../audit/audit.ts";
import { type Examined, examineHolder, examineRevision, isOfPreviousKey, type UnreadableSecret } from "./examine.ts";

export interface Rotation {
  /** Secrets that are sealed anew. */
  resealed: number;
  /** Secrets that the current key had sealed before. */
  already: number;
  /** Fingerprints of revisions, by which a change of content is told, that were made anew. */
  fingerprints: number;
  /** Answers kept under Idempotency-Keys that were given up: another key had sealed them. */
  answersDeleted: number;
  unreadable: UnreadableSecret[];
  /** Nothing is left that needs the previous key: it may be taken away. */
  previousKeyUnused: boolean;
}

export interface RotationServices {
  database: Database;
  seal: ConfigSeal;
  now(): number;
  newId(prefix: string): string;
  /** Revisions of one transaction; others may write between two. */
  slice?: number;
}

const SLICE = 100;

/**
 * Works in slices, each one transaction with its audit record: between two, and after a crash, both keys are in use, and
 * the next run goes on. A run that finds nothing to do writes nothing.
 */
export async function resealSecrets(services: RotationServices): Promise<Rotation> {
  const { database, slice = SLICE } = services;
  const whole = noRotation();
  let after: string | null = null;
  for (let isFirst = true, isLast = false; !isLast; isFirst = false) {
    const step = await database.transaction(async (queries) => {
      const rotation = noRotation();
      if (isFirst) await resealOthers(queries, services, rotation);
      const revisions = await listSealedRevisions(queries, { after, limit: slice });
      for (const revision of revisions) await resealOne(queries, services, { revision, rotation });
      await keepTrack(queries, services, rotation);
      return { rotation, last: revisions.at(-1)?.id ?? null, isLast: revisions.length < slice };
    });
    addTo(whole, step.rotation);
    after = step.last;
    isLast = step.isLast;
    // Another part of the program may have waited for this thread.
    await new Promise((resolve) => setImmediate(resolve));
  }
  return whole;
}

/** Of pipelines and the data layer, and the answers that are kept. */
async function resealOthers(queries: InTransaction, { seal }: RotationServices, rotation: Rotation): Promise<void> {
  for (const { object, secrets } of await listSealedHolders(queries)) {
    const examined = examineHolder(seal, { object, secrets });
    count(rotation, examined);
    if (Object.keys(examined.previous).length === 0) continue;
    await resealHolder(queries, { object, secrets: { ...secrets, ...sealed(seal, object, examined.previous) } });
  }
  rotation.answersDeleted = await deleteAnswersOfOtherKeys(queries, seal.keyring.currentKeyId);
}

async function resealOne(
  queries: InTransaction,
  { seal }: RotationServices,
  { revision, rotation }: { revision: SealedRevision; rotation: Rotation },
): Promise<void> {
  const examined = examineRevision(seal, revision);
  count(rotation, examined);
  const hash = freshHash(seal, revision, examined);
  if (hash !== revision.hash) rotation.fingerprints += 1;
  else if (isOfPreviousKey(seal, hash)) rotation.previousKeyUnused = false;
  if (hash === revision.hash && Object.keys(examined.previous).length === 0) return;
  const secrets = { ...revision.secrets, ...sealed(seal, revision.integrationId, examined.previous) };
  await resealRevision(queries, { id: revision.id, secrets, hash });
}

/** The one there is, where it is the current key's, or a secret that it is made of cannot be read. */
function freshHash(seal: ConfigSeal, { vendor, content, hash }: SealedRevision, examined: Examined): string {
  if (!seal.keyring.needsResealing(hash) || examined.unreadable.length > 0) return hash;
  return contentHash(seal, vendor, { ...content, secrets: examined.open });
}

function sealed(seal: ConfigSeal, object: string, open: Readonly<Record<string, string>>): Record<string, string> {
  const { keyring, nonce, organisationId: organisation } = seal;
  const entries = Object.entries(open).map(([field, plain]) => [
    field,
    keyring.seal(plain, { organisation, object, field }, nonce()),
  ]);
  return Object.fromEntries(entries) as Record<string, string>;
}

/** What was changed is told and counted in the same transaction. */
async function keepTrack(
  queries: InTransaction,
  { seal, now, newId }: RotationServices,
  { resealed, fingerprints, answersDeleted, unreadable }: Rotation,
): Promise<void> {
  if (resealed + fingerprints + answersDeleted === 0) return;
  const moment = now();
  if (resealed + fingerprints > 0) await raiseConfigurationNumber(queries, moment);
  const counts = { resealed, fingerprints, answers_deleted: answersDeleted, unreadable: unreadable.length };
  const changes = Object.entries(counts).map(([name, number]) => [name, { old: null, new: number }] as const);
  const entry = {
    action: "secrets.rotated",
    resourceType: "organisation",
    resourceId: seal.organisationId,
    changes: Object.fromEntries(changes),
  };
  await insertAudit(queries, [entry], { author: COMMAND_LINE, now: moment, newId });
}

function noRotation(): Rotation {
  return { resealed: 0, already: 0, fingerprints: 0, answersDeleted: 0, unreadable: [], previousKeyUnused: true };
}

function count(rotation: Rotation, { current, previous, unreadable }: Examined): void {
  rotation.already += current;
  rotation.resealed += Object.keys(previous).length;
  rotation.unreadable.push(...unreadable);
}

function addTo(whole: Rotation, step: Rotation): void {
  whole.resealed += step.resealed;
  whole.already += step.already;
  whole.fingerprints += step.fingerprints;
  whole.answersDeleted += step.answersDeleted;
  whole.unreadable.push(...step.unreadable);
  whole.previousKeyUnused &&= step.previousKeyUnused;
}
