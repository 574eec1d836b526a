/** The rules of the house that no built-in rule can say, as one oxlint plugin named `house`. */
import { environmentRule } from "./environment-rule.ts";
import { fileNameRule } from "./file-name-rule.ts";
import { importsRule } from "./imports-rule.ts";
import { namedErrorsRule } from "./named-errors-rule.ts";
import { plainTypescriptRule } from "./plain-typescript-rule.ts";
import { pureRule } from "./pure-rule.ts";

export default {
  meta: { name: "house" },
  rules: {
    environment: environmentRule,
    "file-name": fileNameRule,
    imports: importsRule,
    "named-errors": namedErrorsRule,
    "plain-typescript": plainTypescriptRule,
    pure: pureRule,
  },
};
