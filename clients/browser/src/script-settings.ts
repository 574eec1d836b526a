/** The settings that the script's own tag carries. */

export interface ScriptSettings {
  pipelineKey: string;
  /** The gateway's address without a slash at the end. */
  endpoint: string;
  /** The second name of the collector in `window`. */
  alias: string;
  hasPageViews: boolean;
}

/** Undefined when the tag carries no key. */
export function scriptSettings(tag: Element | null, baseUrl: string): ScriptSettings | undefined {
  const attribute = (name: string): string | null | undefined => tag?.getAttribute(name);
  const pipelineKey = attribute("data-pipeline-key");
  if (!pipelineKey) return undefined;
  const endpoint = attribute("data-endpoint") ?? new URL(attribute("src") ?? "", baseUrl).origin;
  return {
    pipelineKey,
    endpoint: new URL(endpoint, baseUrl).href.replace(/\/+$/, ""),
    alias: attribute("data-global") ?? "_df",
    hasPageViews: attribute("data-auto-page") !== "false",
  };
}
