/** The bot step: flags events of bots always, drops them where that is configured, and never a server's. */
import { isbot } from "isbot";
import Type from "typebox";
import type { JsonObject } from "../../json.ts";
import { compileTextPattern, type TextPattern } from "../../mapping/pattern.ts";
import { remembered } from "../remembered.ts";
import type { DataLayerStep, LayeredEvent, StepFault } from "../step.ts";

export const BotFilteringSection = Type.Object(
  {
    enabled: Type.Optional(
      Type.Boolean({ default: true, description: "false drops nothing; bots are flagged all the same." }),
    ),
    block_known_bots: Type.Optional(
      Type.Boolean({ default: true, description: "Drop events whose user agent is a known bot's." }),
    ),
    block_empty_user_agent: Type.Optional(
      Type.Boolean({ default: false, description: "Drop events without a user agent." }),
    ),
    custom_patterns: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 1000 }), {
        default: [],
        maxItems: 100,
        description:
          "Further user agents that are bots': patterns in RE2 syntax, found anywhere in the text, whatever the case.",
      }),
    ),
  },
  { additionalProperties: false, description: "Which events of bots are dropped; events by a server's key never are." },
);

export type BotFilteringConfig = Type.Static<typeof BotFilteringSection>;

/** Why an event is taken for a bot's, as `context.bot.reason` says it. */
type BotReason = "known_bot" | "custom_pattern" | "empty_user_agent";

/** Longer user agents are looked at as far as this. */
const LONGEST_USER_AGENT = 1_000;

export function botFaults(config: BotFilteringConfig): StepFault[] {
  return (config.custom_patterns ?? []).flatMap((pattern, index) => {
    const made = compileBotPattern(pattern);
    if (!("fault" in made)) return [];
    const cure = "Write it in RE2 syntax (https://github.com/google/re2/wiki/Syntax).";
    return [{ path: ["custom_patterns", index], message: made.fault, cure }];
  });
}

function compileBotPattern(pattern: string): TextPattern | { fault: string } {
  return compileTextPattern(`(?i)${pattern}`);
}

/** @param config undefined where nothing is configured: then bots are flagged and not dropped */
export function compileBots(config: BotFilteringConfig | undefined): DataLayerStep {
  const drops = config !== undefined && config.enabled !== false;
  const patterns = (config?.custom_patterns ?? [])
    .map(compileBotPattern)
    .filter((made): made is TextPattern => !("fault" in made));
  const dropped: Record<BotReason, boolean> = {
    known_bot: drops && config.block_known_bots !== false,
    custom_pattern: drops,
    empty_user_agent: drops && config.block_empty_user_agent === true,
  };
  const reasonOf = remembered((userAgent): BotReason | false => {
    if (isbot(userAgent)) return "known_bot";
    return patterns.some((pattern) => pattern.test(userAgent)) ? "custom_pattern" : false;
  });
  return (subject) => {
    const userAgent = userAgentOf(subject);
    if (userAgent === "" && !dropped.empty_user_agent) return null;
    const reason = userAgent === "" ? "empty_user_agent" : reasonOf(userAgent);
    // A server speaks for its visitors, and its own user agent is a program's.
    if (reason === false || subject.pipelineType === "server") return null;
    const flag: JsonObject = { detected: true, reason };
    subject.event.context["bot"] = flag;
    // Mail services fetch pictures for their readers: the reader is there all the same.
    return dropped[reason] && subject.input !== "pixel" ? { drop: "bot" } : null;
  };
}

function userAgentOf({ event }: LayeredEvent): string {
  const { userAgent } = event.context;
  return typeof userAgent === "string" ? userAgent.slice(0, LONGEST_USER_AGENT).trim() : "";
}
