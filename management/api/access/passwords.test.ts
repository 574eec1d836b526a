import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { boundedWork, turnsByKey } from "./bounded-work.ts";
import { createPasswords, hashAlone } from "./passwords.ts";

const cost = { memoryKiB: 8, passes: 1 };

test("what is kept is argon2id, salted, at the strength that is asked for", async () => {
  const passwords = createPasswords({ random: randomBytes });
  const [one, other] = [await passwords.hash("four quiet lamps"), await passwords.hash("four quiet lamps")];
  assert.match(String(one), /^\$argon2id\$v=19\$m=32768,t=3,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
  assert.notEqual(one, other);
  assert.match(await hashAlone("four quiet lamps", randomBytes), /^\$argon2id\$v=19\$m=32768,t=3,p=1\$/);
  assert.equal(await passwords.verify(String(one), "four quiet lamps"), true);
  assert.equal(await passwords.verify(String(one), "four quiet lamp"), false);
  assert.equal(passwords.isOutdated(String(one)), false);
  assert.equal(passwords.isOutdated(String(one).replace("t=3", "t=2")), true);
});

test("without an account the same work is done, and nothing is right", async () => {
  const passwords = createPasswords({ random: randomBytes, cost });
  for (const password of ["", "x", "four quiet lamps"]) assert.equal(await passwords.verify(null, password), false);
});

test("the same letters are the same password", async () => {
  const passwords = createPasswords({ random: randomBytes, cost });
  const kept = String(await passwords.hash("Stra\u00dfe am Fl\u00fcsschen"));
  assert.equal(await passwords.verify(kept, "Stra\u00dfe am Flu\u0308sschen"), true);
  assert.equal(await passwords.verify(kept, "Strasse am Fluesschen"), false);
});

test("so much at once, so much waiting, in order, and the rest is turned away", async () => {
  const work = boundedWork({ atOnce: 2, waiting: 3 });
  const ends: (() => void)[] = [];
  const started: number[] = [];
  const results = Array.from({ length: 7 }, (_, index) =>
    work.run(async () => {
      started.push(index);
      await new Promise<void>((resolve) => ends.push(resolve));
      if (index === 1) throw new TypeError("one that fails makes room too");
      return index;
    }),
  );
  const settled = Promise.allSettled(results);
  assert.deepEqual(started, []);
  for (let index = 0; index < 5; index += 1) {
    while (ends[index] === undefined) await Promise.resolve();
    assert.ok(started.length <= index + 2);
    ends[index]?.();
  }
  const values = (await settled).map((one) => (one.status === "fulfilled" ? one.value : "failed"));
  assert.deepEqual(values, [0, "failed", 2, 3, 4, "busy", "busy"]);
  assert.deepEqual(started, [0, 1, 2, 3, 4]);
  assert.equal(await work.run(async () => "room again"), "room again");
});

test("one after the other for each key, others beside it", async () => {
  const turns = turnsByKey({ waiting: 1 });
  const log: string[] = [];
  const slow = (name: string) => async () => {
    log.push(`${name} begins`);
    await new Promise((resolve) => setImmediate(resolve));
    log.push(`${name} ends`);
    return name;
  };
  const results = await Promise.all([
    turns.run("a", slow("a1")),
    turns.run("a", slow("a2")),
    turns.run("a", slow("a3")),
    turns.run("b", slow("b1")),
  ]);
  assert.deepEqual(results, ["a1", "a2", "busy", "b1"]);
  assert.deepEqual(
    log.filter((line) => line.startsWith("a")),
    ["a1 begins", "a1 ends", "a2 begins", "a2 ends"],
  );
  assert.ok(log.indexOf("b1 begins") < log.indexOf("a1 ends"));
});
