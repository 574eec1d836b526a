/** How far the rotation of the encryption key is; reads only. */
import {
  countAnswersOfOtherKeys,
  type Database,
  listSealedHolders,
  listSealedRevisions,
} from "@datafly-signal/ports/store";
import {
  type Examined,
  examineHolder,
  examineRevision,
  isOfPreviousKey,
  type SealKeys,
  type UnreadableSecret,
} from "./examine.ts";

export interface SecretsStatus {
  /** Names the key without telling anything of it. */
  currentKey: string;
  /** Null where none is given. */
  previousKey: string | null;
  /** Secrets under the current key. */
  current: number;
  /** Secrets that wait to be sealed anew. */
  previous: number;
  /** Fingerprints of revisions that another key has made. */
  fingerprints: number;
  /** Answers kept under Idempotency-Keys that another key has sealed. */
  answers: number;
  unreadable: UnreadableSecret[];
  /** Nothing is left that needs the previous key: it may be taken away. */
  previousKeyUnused: boolean;
}

const PAGE = 100;

export async function secretsStatus(database: Database, seal: SealKeys): Promise<SecretsStatus> {
  const { keyring } = seal;
  const status: SecretsStatus = {
    currentKey: keyring.currentKeyId,
    previousKey: keyring.previousKeyIds[0] ?? null,
    current: 0,
    previous: 0,
    fingerprints: 0,
    answers: await countAnswersOfOtherKeys(database.queries, keyring.currentKeyId),
    unreadable: [],
    previousKeyUnused: true,
  };
  for (const holder of await listSealedHolders(database.queries)) count(status, examineHolder(seal, holder));
  await countRevisions(database, seal, status);
  status.previousKeyUnused &&= status.previous + status.answers === 0;
  return status;
}

async function countRevisions(database: Database, seal: SealKeys, status: SecretsStatus): Promise<void> {
  let after: string | null = null;
  for (;;) {
    const revisions = await listSealedRevisions(database.queries, { after, limit: PAGE });
    for (const revision of revisions) {
      count(status, examineRevision(seal, revision));
      if (seal.keyring.needsResealing(revision.hash)) status.fingerprints += 1;
      if (isOfPreviousKey(seal, revision.hash)) status.previousKeyUnused = false;
    }
    after = revisions.at(-1)?.id ?? null;
    if (revisions.length < PAGE) return;
  }
}

function count(status: SecretsStatus, { current, previous, unreadable }: Examined): void {
  status.current += current;
  status.previous += Object.keys(previous).length;
  status.unreadable.push(...unreadable);
}
