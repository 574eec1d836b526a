/** What is kept of the configuration between starts: plain JSON, secrets sealed. */
import type { ConfigSnapshot, RevisionContent } from "./snapshot.ts";

export interface StoredConfiguration {
  snapshotNumber: number;
  /** The last good snapshot. */
  snapshot: ConfigSnapshot;
  /** Every integration ever, by id: one that comes back goes on counting. */
  integrations: Record<string, StoredIntegration>;
}

export interface StoredIntegration {
  name: string;
  /** In the order of their numbers, which begin at 1 and have no gaps. */
  revisions: StoredRevision[];
}

export interface StoredRevision {
  number: number;
  vendor: string;
  /** A keyed fingerprint of the open content: tells whether it changed without keeping secrets in clear. */
  hash: string;
  content: RevisionContent;
}
