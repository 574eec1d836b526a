/** Passwords as they are kept: argon2id, few at once, and as slow for an account that does not exist. */
import { type Options, hash, parseOptions, verify } from "@node-rs/argon2";
import { boundedWork } from "./bounded-work.ts";
import type { Random } from "./secret-tokens.ts";

interface PasswordCost {
  memoryKiB: number;
  passes: number;
}

export interface Passwords {
  /** @returns the text to keep, or `busy` */
  hash(password: string): Promise<string | "busy">;
  /** @param kept null where there is no account: takes as long, and is never right */
  verify(kept: string | null, password: string): Promise<boolean | "busy">;
  /** Whether it was made with less than is asked for today. */
  isOutdated(kept: string): boolean;
}

/** Above OWASP's least (19 MiB, 2 passes): 35 ms of a core of 2023. */
const COST: PasswordCost = { memoryKiB: 32_768, passes: 3 };
const SALT_BYTES = 16;
const HASH_BYTES = 32;

/** For what happens once, as at the first start: no limit is in its way. */
export function hashAlone(password: string, random: Random): Promise<string> {
  return hash(normal(password), optionsOf(COST, random));
}

/** `atOnce` × `memoryKiB` is the most memory they take; further ones wait, and the rest is told that it is `busy`. */
export function createPasswords({
  random,
  cost = COST,
  atOnce = 2,
  waiting = 32,
}: {
  random: Random;
  cost?: PasswordCost;
  atOnce?: number;
  waiting?: number;
}): Passwords {
  const work = boundedWork({ atOnce, waiting });
  const { memoryKiB, passes } = cost;
  /** Of no password: nobody knows one that gives these bytes. */
  const nobodys = `$argon2id$v=19$m=${memoryKiB},t=${passes},p=1$${plain(random(SALT_BYTES))}$${plain(random(HASH_BYTES))}`;
  return {
    hash: (password) => work.run(() => hash(normal(password), optionsOf(cost, random))),
    verify: (kept, password) => work.run(() => verify(kept ?? nobodys, normal(password))),
    isOutdated(kept) {
      const made = parseOptions(kept);
      return made.memoryCost < memoryKiB || made.timeCost < passes;
    },
  };
}

function optionsOf({ memoryKiB, passes }: PasswordCost, random: Random): Options {
  const salt = random(SALT_BYTES);
  return { memoryCost: memoryKiB, timeCost: passes, parallelism: 1, outputLen: HASH_BYTES, salt };
}

/** The same letters are the same password, whichever keyboard writes them. */
function normal(password: string): string {
  return password.normalize("NFC");
}

function plain(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64").replaceAll("=", "");
}
