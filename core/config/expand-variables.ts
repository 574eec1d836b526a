/** `${NAME}` in configuration text stands for an environment variable; `$${` is a plain `${`. */

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Expansion {
  text: string;
  /** The variables that were filled in. */
  used: string[];
  /** Variables that are unset or empty. */
  missing: string[];
  /** What stands between `${` and `}` and is no variable's name, or lacks its end. */
  malformed: string[];
}

const REFERENCE = /\$\$\{|\$\{([^}]*)(\}?)/g;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Fills in the variables of `text`. An empty variable counts as unset. What a variable holds is not expanded again. */
export function expandVariables(text: string, env: Environment): Expansion {
  const expansion: Expansion = { text, used: [], missing: [], malformed: [] };
  if (!text.includes("${")) return expansion;
  expansion.text = text.replace(REFERENCE, (match: string, name: string | undefined, end: string | undefined) => {
    if (match === "$${") return "${";
    if (name === undefined || end !== "}" || !NAME.test(name)) {
      expansion.malformed.push(name ?? "");
      return match;
    }
    const value = Object.hasOwn(env, name) ? env[name] : undefined;
    if (value === undefined || value === "") {
      expansion.missing.push(name);
      return match;
    }
    expansion.used.push(name);
    return value;
  });
  return expansion;
}
