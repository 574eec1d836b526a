/** Makes a connector of its definition: settings typed by its fields, checked before the author's part sees them. */
import { compileDeliverySpec } from "../delivery-spec/compile-delivery-spec.ts";
import type { SpecHooks } from "../delivery-spec/spec-hooks.ts";
import type { DeliverySpec } from "../delivery-spec/spec-schema.ts";
import { checkSettings } from "./check-settings.ts";
import type {
  ConfigField,
  ConnectionSettings,
  Connector,
  ConnectionTest,
  DeliveryPlan,
  PreparationPlan,
  SettingsFault,
} from "./contract.ts";
import type { TypedSettings } from "./typed-settings.ts";

/** What the author's functions get beside the settings. */
export interface SettingsContext {
  environment: ConnectionSettings["environment"];
  /** What the integration says of batching. */
  batch: ConnectionSettings["batch"];
  /** The fields that the integration sets itself; the others have their defaults. */
  given: ReadonlySet<string>;
  /** The connector's limits of a request, lowered by what the integration says. */
  limits: Connector["limits"]["batch"];
}

/** Blueprints are files of the folder, which the shelf reads. */
type Facts<Fields extends readonly ConfigField[]> = Omit<Connector, "plan" | "config_fields" | "blueprints"> & {
  config_fields: Fields;
  /** What only this vendor can know to be wrong. Settings that are at fault by themselves are left out. */
  check?(settings: Partial<TypedSettings<Fields>>, context: SettingsContext): SettingsFault[];
};

/** How to deliver, as plain data; a function where the data differs by settings. */
interface BySpec<Fields extends readonly ConfigField[]> {
  delivery: DeliverySpec | ((settings: TypedSettings<Fields>, context: SettingsContext) => DeliverySpec);
  /** Small corrections to what the data makes. */
  hooks?(settings: TypedSettings<Fields>, context: SettingsContext): SpecHooks;
  /** Instead of the data's `test`. */
  test?(settings: TypedSettings<Fields>, context: SettingsContext): ConnectionTest;
  /** For outcomes of kind `prepare`, which the hook `classify` makes; undefined where these settings want none. */
  preparation?(settings: TypedSettings<Fields>, context: SettingsContext): PreparationPlan | undefined;
  /** Where the vendor's limit on the age of events differs by settings: milliseconds; `maxEventAgeMs` where undefined. */
  eventAge?(settings: TypedSettings<Fields>, context: SettingsContext): number | undefined;
  plan?: never;
}

/** How to deliver, in code. */
interface ByCode<Fields extends readonly ConfigField[]> {
  plan(settings: TypedSettings<Fields>, context: SettingsContext): DeliveryPlan | SettingsFault[];
  delivery?: never;
  hooks?: never;
  test?: never;
  preparation?: never;
  eventAge?: never;
}

export type ConnectorDefinition<Fields extends readonly ConfigField[]> = Facts<Fields> &
  (BySpec<Fields> | ByCode<Fields>);

/**
 * The connector of a definition. Its `plan` checks every field (required, options, form, length), says all faults at once
 * without ever repeating a secret, and then asks the author's part. Where `takes_delivery_spec` is set, an integration's
 * own delivery spec takes the place of the connector's delivery.
 */
export function defineConnector<const Fields extends readonly ConfigField[]>(
  definition: ConnectorDefinition<Fields>,
): Connector {
  const { check, delivery, hooks, test, preparation, eventAge, plan, ...facts } = definition;
  const own = (settings: ConnectionSettings): DeliveryPlan | SettingsFault[] => {
    const { values, given, faults } = checkSettings(definition, settings);
    const context: SettingsContext = {
      environment: settings.environment,
      batch: settings.batch,
      given,
      limits: limitsOf(definition, settings),
    };
    const typed = values as TypedSettings<Fields>;
    const wrong = [...faults, ...(check?.(values as Partial<TypedSettings<Fields>>, context) ?? [])];
    if (wrong.length > 0) return inOrder(wrong, definition.config_fields);
    if (plan !== undefined) return plan(typed, context);
    const spec = typeof delivery === "function" ? delivery(typed, context) : delivery;
    const made = compileDeliverySpec(spec, settings, {
      fields: definition.config_fields,
      limits: definition.limits.batch,
      values,
      ...(hooks !== undefined && { hooks: hooks(typed, context) }),
    });
    if (Array.isArray(made)) return made;
    const prepared = preparation?.(typed, context);
    const age = eventAge?.(typed, context);
    return {
      ...made,
      ...(test !== undefined && { test: test(typed, context) }),
      ...(prepared !== undefined && { preparation: prepared }),
      ...(age !== undefined && { maxEventAgeMs: age }),
    };
  };
  return {
    ...facts,
    plan(settings) {
      const spec = definition.takes_delivery_spec === true ? settings.deliverySpec : null;
      if (spec === null || spec === undefined) return own(settings);
      return compileDeliverySpec(spec, settings, { guarded: true, limits: definition.limits.batch });
    },
  };
}

/** As the fields stand in the form. */
function inOrder(faults: SettingsFault[], fields: readonly ConfigField[]): SettingsFault[] {
  const place = ({ field }: SettingsFault): number => {
    const at = fields.findIndex(({ key }) => key === field);
    return at === -1 ? fields.length : at;
  };
  return faults.toSorted((a, b) => place(a) - place(b));
}

/** The integration lowers the vendor's limits and never raises them; how long a batch waits is its own to say. */
function limitsOf({ limits }: Pick<Connector, "limits">, { batch }: ConnectionSettings): Connector["limits"]["batch"] {
  return {
    size: Math.min(limits.batch.size, batch.size ?? limits.batch.size),
    bytes: Math.min(limits.batch.bytes, batch.bytes ?? limits.batch.bytes),
    intervalMs: batch.intervalMs ?? limits.batch.intervalMs,
  };
}
