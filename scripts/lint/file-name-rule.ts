/** `house/file-name`: a file is named for the one thing it holds. */
import { basename } from "node:path";
import { type Rule } from "./ast.ts";

const VAGUE = new Set([
  "utils",
  "util",
  "helpers",
  "helper",
  "common",
  "types",
  "constants",
  "manager",
  "misc",
  "shared",
]);

export const fileNameRule: Rule = {
  meta: { schema: false },
  create(context) {
    return {
      Program(node) {
        const stem = basename(context.filename).replace(/(\.test|\.d|\.config)?\.m?[jt]s$/, "");
        const last = stem.slice(stem.lastIndexOf("-") + 1);
        if (VAGUE.has(stem) || last === "utils" || last === "helpers" || last === "manager") {
          context.report({ node, message: `"${stem}" says nothing: name the file for the one thing it holds` });
        } else if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(stem)) {
          context.report({ node, message: `"${stem}" is not kebab-case: write words in lower case joined by "-"` });
        }
      },
    };
  },
};
