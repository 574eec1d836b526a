/** The bodies of requests: the canonical payload as JSON, or the user's template. */
import type { DeliveryRecord, JsonObject } from "@datafly-signal/core";
import { renderTemplate, type Escape } from "./template-renderer.ts";
import type { Template } from "./template.ts";

export type Body = { text: string } | { fault: string };

/** The body of one event. */
export function singleBody(delivery: DeliveryRecord, template: Template | null, contentType: string): Body {
  if (template === null) return canonical(delivery);
  return rendered(template, itemContext(delivery), contentType);
}

/**
 * The body of several events by the template, in order. `event` and `payload` are the first one's,
 * so that a template may name what all have in common.
 */
export function batchBody(deliveries: readonly DeliveryRecord[], template: Template, contentType: string): Body {
  const batch = deliveries.map(itemContext);
  return rendered(template, { ...batch[0], batch }, contentType);
}

/** The payload as minified JSON. */
export function canonical({ payload }: DeliveryRecord): Body {
  try {
    const text: string | undefined = JSON.stringify(payload);
    return text === undefined ? { fault: "The delivery holds no payload." } : { text };
  } catch {
    return { fault: "The payload is nested too deep to be written as JSON." };
  }
}

function itemContext({ event, payload }: DeliveryRecord): JsonObject {
  return { event, payload };
}

function rendered(template: Template, context: JsonObject, contentType: string): Body {
  const escape = escapeFor(contentType);
  const result = renderTemplate(template, context, escape);
  if ("fault" in result) return { fault: `The template could not be rendered: ${result.fault}.` };
  if (escape === "json" && !isJson(result.text)) {
    return {
      fault:
        "The rendered template is not JSON. Write values that may be missing or hold structure with {{json …}}, " +
        "or set a Content-Type header for another format.",
    };
  }
  return result;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** By the media type: what `{{…}}` must not break out of. */
function escapeFor(contentType: string): Escape {
  const type = (contentType.split(";", 1)[0] ?? "").trim().toLowerCase();
  if (type === "application/x-www-form-urlencoded") return "form";
  if (/(^text\/|\/|\+)(xml|html)$/.test(type)) return "xml";
  return /(\/|\+)json$/.test(type) ? "json" : "none";
}
