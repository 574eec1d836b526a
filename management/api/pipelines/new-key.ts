/** Makes the keys that pipelines are given. */
import type { ConfigSnapshot } from "@datafly-signal/core";
import type { ConfigurationChanges } from "../configuration/configuration-changes.ts";

export interface KeyServices {
  changes: ConfigurationChanges;
  environment: ConfigSnapshot["environment"];
  /** So many fresh random bytes. */
  random(bytes: number): Uint8Array;
}

const RANDOM_BYTES = 20;

/** 160 random bits, marked with what they are for. */
export function newKey({ environment, random }: Pick<KeyServices, "environment" | "random">): string {
  const prefix = environment === "production" ? "dk_live_" : "dk_test_";
  return prefix + Buffer.from(random(RANDOM_BYTES)).toString("hex");
}
