/** What every event says about the page and the browser it comes from. */
import type { Fields } from "./collected-event.ts";

/** The page, as `context.page` has it and page views repeat it in `properties`. */
export function pageFields(referrer: string): Fields {
  const { href, pathname, search } = location;
  return { url: href, title: document.title, referrer, path: pathname, search };
}

/** `utm_source=x` is `source: "x"`; `utm_campaign` is the campaign's `name`. Undefined when the address has none. */
export function campaignOf(search: string): Fields | undefined {
  const terms = [...new URLSearchParams(search)].filter(([key, value]) => key.startsWith("utm_") && value !== "");
  if (terms.length === 0) return undefined;
  return Object.fromEntries(terms.map(([key, value]) => [key === "utm_campaign" ? "name" : key.slice(4), value]));
}

/** What does not change while the page lives. */
export function browserFields(version: string): Fields {
  return {
    userAgent: navigator.userAgent,
    locale: navigator.language,
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    library: { name: "@datafly/collector", version },
  };
}
