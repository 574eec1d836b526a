import assert from "node:assert/strict";
import { test } from "node:test";
import { layered } from "../layered-fixture.ts";
import { botFaults, compileBots, type BotFilteringConfig } from "./bots.ts";

const GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";
const CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";

const cases: [
  name: string,
  config: BotFilteringConfig | undefined,
  userAgent: string | undefined,
  drop: boolean,
  reason: string | undefined,
][] = [
  ["a person", {}, CHROME, false, undefined],
  ["a bot is flagged without configuration", undefined, GOOGLEBOT, false, "known_bot"],
  ["a bot is dropped", {}, GOOGLEBOT, true, "known_bot"],
  ["a bot is flagged only", { block_known_bots: false }, GOOGLEBOT, false, "known_bot"],
  ["the step is off", { enabled: false }, GOOGLEBOT, false, "known_bot"],
  [
    "an own pattern, whatever the case",
    { custom_patterns: ["acme-?kiosk"] },
    `${CHROME} AcmeKiosk/3`,
    true,
    "custom_pattern",
  ],
  ["a pattern that does not fit", { custom_patterns: ["^monitor"] }, CHROME, false, undefined],
  ["no user agent", {}, undefined, false, undefined],
  ["no user agent, dropped", { block_empty_user_agent: true }, "  ", true, "empty_user_agent"],
];
for (const [name, config, userAgent, drop, reason] of cases) {
  test(`bots: ${name}`, () => {
    const step = compileBots(config);
    for (let round = 0; round < 2; round += 1) {
      const subject = layered({ context: userAgent === undefined ? {} : { userAgent } });
      assert.deepEqual(step(subject), drop ? { drop: "bot" } : null);
      assert.deepEqual(subject.event.context["bot"], reason === undefined ? undefined : { detected: true, reason });
    }
  });
}

test("events by a server's key are neither dropped nor flagged", () => {
  const step = compileBots({ block_empty_user_agent: true });
  for (const userAgent of [GOOGLEBOT, "axios/1.7", "", undefined]) {
    const subject = layered({ context: userAgent === undefined ? {} : { userAgent } }, { pipelineType: "server" });
    assert.equal(step(subject), null);
    assert.equal(subject.event.context["bot"], undefined);
  }
});

test("pictures in mails are fetched by the mail services' programs: flagged, and not dropped", () => {
  const userAgent = "Mozilla/5.0 (via ggpht.com GoogleImageProxy)";
  const subject = layered({ context: { userAgent } }, { input: "pixel" });
  assert.equal(compileBots({})(subject), null);
  assert.deepEqual(subject.event.context["bot"], { detected: true, reason: "known_bot" });
});

test("a pattern that cannot be read is a fault with its place", () => {
  const faults = botFaults({ custom_patterns: ["ok", "(", "(?=x)"] });
  assert.deepEqual(
    faults.map(({ path }) => path),
    [
      ["custom_patterns", 1],
      ["custom_patterns", 2],
    ],
  );
  assert.ok(faults.every(({ message, cure }) => message.length > 0 && cure.length > 0));
});

test("what is no text is no user agent", () => {
  for (const userAgent of [5, null, {}, ["x"]])
    assert.equal(compileBots({})(layered({ context: { userAgent } })), null);
});
