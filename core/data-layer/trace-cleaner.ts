/** Takes personal data out of copies of events that left the data layer before its steps could, so that no trace holds it. */
import type { SignalEvent } from "../event/event.ts";
import { compileDenied } from "./consent/consent-step.ts";
import { compileStrip } from "./consent/strip.ts";
import type { ConsentConfig } from "./consent/consent-config.ts";
import type { GeoConfig } from "./geo/geo.ts";
import type { PiiConfig } from "./pii/pii-config.ts";
import { cleanAddress } from "./geo/geo.ts";
import { compileRules } from "./pii/pii-step.ts";

/**
 * Returns a cleaned copy of an event, however far it came: what the consent policy denies is stripped, of any pipeline and
 * also where the policy drops; the PII rules hold, and so does `geo.ip`. Consent stays as it stands on the event. Where
 * nothing of this is configured, the event itself is returned. Cleaning a clean event changes nothing.
 */
export function compileTraceCleaner({
  data_layer: layer = {},
  organisation = {},
}: {
  data_layer?: { pii_rules?: PiiConfig; geo?: GeoConfig };
  organisation?: { consent?: ConsentConfig };
}): (event: SignalEvent) => SignalEvent {
  const { pii_rules: pii, geo } = layer;
  const denied = compileDenied(organisation.consent);
  const strip = compileStrip(pii);
  const rules = compileRules(pii);
  const address = cleanAddress(geo);
  if (denied === null && rules === null && address === null) return (event) => event;
  return (event) => {
    const copy = structuredClone(event);
    if (denied?.(copy) === true) strip(copy);
    rules?.(copy);
    address?.(copy.context);
    return copy;
  };
}
