/** What a text that does not fit its pattern should look like, by key. */

interface Advice {
  message: string;
  cure: string;
}

const PIPELINE_KEY: Advice = {
  message: "is not a pipeline key",
  cure: "Write 8 to 200 printable characters without spaces, as in dk_live_ and at least 16 random letters and digits.",
};

const NAME: Advice = {
  message: "begins or ends with a space, or is empty",
  cure: "Write a name of 1 to 255 characters.",
};

const CATEGORY: Advice = {
  message: "is not a consent category",
  cure: "Write letters, digits, _, - and ., as in analytics.",
};

const ADVICE: Readonly<Record<string, Advice>> = {
  name: NAME,
  slug: {
    message: "is not a slug",
    cure: "Write up to 64 lower-case letters, digits and single hyphens, as in my-site.",
  },
  id: {
    message: "is not an id of this kind",
    cure: "Leave it out, or keep what an export wrote: pip_… for a pipeline, tmpl_… for an integration, pi_… for an assignment.",
  },
  pipeline_key: PIPELINE_KEY,
  pipeline_keys: PIPELINE_KEY,
  domain_allowlist: {
    message: "is not a host or an origin",
    cure: "Write shop.example.com, *.example.com, localhost:3000 or https://shop.example.com, without a path.",
  },
  consent_categories: CATEGORY,
  required: CATEGORY,
  language: { message: "is not a language", cure: "Write a code as in en, de or pt-BR." },
};

export function patternAdvice(key: string, { pattern = "" }: { pattern?: string }): Advice {
  const known = Object.hasOwn(ADVICE, key) ? ADVICE[key] : undefined;
  return known ?? { message: `does not match ${pattern}`, cure: `Write a text that matches ${pattern}` };
}
