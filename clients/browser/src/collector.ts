/** The methods of `window.datafly`: makes events of calls, and remembers who is logged in while the page lives. */
import type { CollectedEvent, Fields } from "./collected-event.ts";
import type { Warn } from "./warn.ts";

export const METHODS = ["track", "page", "identify", "group", "reset", "flush"] as const;
export type Method = (typeof METHODS)[number];

export interface CollectorOptions {
  /** Who the visitor is now. Asked before each event: `forget` may be called meanwhile. */
  visitorId(): string;
  newId(): string;
  /** Epoch milliseconds. */
  now(): number;
  /** `context.page` and, of page views, `properties`. */
  page(): Fields;
  /** The rest of `context`. */
  context(): Fields;
  push(event: CollectedEvent): void;
  reset(): void;
  flush(): void;
  warn: Warn;
}

export interface Collector {
  /** One call as the page made it; `at` is when, in epoch milliseconds: now unless said. */
  call(method: Method, args: readonly unknown[], at?: number): void;
  /** Forgets whom it knows: this or another tab has reset. */
  forget(): void;
}

/** An id with what is said about whom it names. */
interface Known {
  id: string;
  traits: Fields;
}

type Made = Pick<CollectedEvent, "type"> & Fields;

export function collector(options: CollectorOptions): Collector {
  const { visitorId, warn } = options;
  let user: Known | undefined;
  let group: Known | undefined;

  /** What is undefined here is left out when it becomes JSON. */
  const make = (fields: Made, at: number): void => {
    const traits = fields.type === "identify" ? undefined : user?.traits;
    const event = {
      ...fields,
      userId: user?.id,
      context: { ...options.context(), page: options.page(), traits },
      timestamp: new Date(at).toISOString(),
      messageId: options.newId(),
      anonymousIdHint: visitorId(),
    };
    // As it is now: the page may go on changing its objects.
    options.push(JSON.parse(JSON.stringify(event)) as CollectedEvent);
  };

  const wrong = (method: Method, needs: string): void => warn(method, `${method}() needs ${needs}.`);

  const methods: Record<Method, (args: readonly unknown[], at: number) => void> = {
    track([name, properties], at) {
      if (!name || typeof name !== "string") return wrong("track", "the name of the event");
      make({ type: "track", event: name, properties: fieldsOf(properties), groupId: group?.id }, at);
    },
    page([first, second], at) {
      const isNamed = typeof first === "string";
      const name = isNamed && first ? first : undefined;
      const properties = { ...options.page(), ...fieldsOf(isNamed ? second : (first ?? second)) };
      make({ type: "page", name, properties, groupId: group?.id }, at);
    },
    identify([id, traits], at) {
      const known = merged(user, id, traits);
      if (!known) return wrong("identify", "the user's id");
      user = known;
      make({ type: "identify", traits: user.traits }, at);
    },
    group([id, traits], at) {
      const known = merged(group, id, traits);
      if (!known) return wrong("group", "the group's id");
      group = known;
      make({ type: "group", groupId: group.id, traits: group.traits }, at);
    },
    reset() {
      options.reset();
      forget();
    },
    flush: options.flush,
  };

  const forget = (): void => {
    user = group = undefined;
  };

  return {
    forget,
    call(method, args, at = options.now()) {
      // Before anything else: another tab may have reset, and this one must not go on naming its user.
      visitorId();
      methods[method](args, at);
    },
  };
}

/** The same one with more traits, or another one with only these; undefined without an id. */
function merged(known: Known | undefined, id: unknown, traits: unknown): Known | undefined {
  const text = typeof id === "number" ? String(id) : id;
  if (!text || typeof text !== "string") return undefined;
  return { id: text, traits: { ...(known?.id === text && known.traits), ...fieldsOf(traits) } };
}

function fieldsOf(value: unknown): Fields {
  return value && typeof value === "object" && !Array.isArray(value) ? (value as Fields) : {};
}
