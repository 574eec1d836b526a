/** The configuration while a file is applied to it: what was given, what became of it, and the faults on the way. */
import { asJson, canonicalJson } from "./canonical-json.ts";
import type {
  ConfigurationState,
  DataLayerState,
  Departure,
  IntegrationState,
  LaneState,
  OrganisationState,
  Owner,
  PipelineState,
} from "./configuration-state.ts";
import { type ConfigSeal, sealAll } from "./content-seal.ts";
import type { ConfigFault, Place } from "./fault.ts";
import type { ConfigSnapshot } from "./snapshot.ts";

/** Deliveries under way for an integration, or for one of its lanes. */
export type Waiting = (integrationId: string, pipelineIntegrationId?: string) => number;

export interface ApplyOptions {
  seal: ConfigSeal;
  environment: ConfigSnapshot["environment"];
  /** Whose the objects are that the file names. */
  owner: Owner;
  /** The file names all that its owner has: the rest of its owner's leaves. */
  whole?: boolean;
  /** Everything that it does not name leaves, but for what belongs to the file of the server's start. */
  prune?: boolean;
  /** Ids of what leaves besides. */
  remove?: {
    pipelines?: readonly string[];
    integrations?: readonly string[];
    lanes?: readonly string[];
  };
  /** Deliveries under way; asked only for what leaves. */
  waiting: Waiting;
  /** Gives up the deliveries of what leaves. */
  discardWaiting: boolean;
  /** How the author says so, for the cure of a fault; `--discard-waiting` when left out. */
  discardBy?: string;
  /** The file's name as it stands in faults. */
  fileName: string;
  /** Wall clock, epoch milliseconds. */
  now: number;
  newId(prefix: string): string;
  /** Who makes new revisions: a user's id. */
  author: string | null;
  /** What the author says of new revisions; made from what changed when left out. */
  changeSummary?: string;
  /** Makes a next revision of the integrations named also where the content is as before. */
  alwaysRevise?: boolean;
}

/** Why it is refused, for those who answer by code. */
export type ApplyFaultKind = "invalid" | "managed" | "waiting" | "taken";

export type ApplyFault = ConfigFault & { kind: ApplyFaultKind };

/** What is about to change, for a fault. */
interface About {
  what: string;
  place: Place;
  /** The demo's too is not to be changed. */
  isFixed?: boolean;
}

type Kept = { id: string; owner: Owner; version: number; updatedAt: number };

/** Holds the maps that one application works on. */
export class ApplyDraft {
  readonly options: ApplyOptions;
  readonly faults: ApplyFault[] = [];
  /** What became of integrations, for people. */
  readonly revised: string[] = [];
  changed = false;
  readonly #before: ConfigurationState;
  readonly #pipelines: Map<string, PipelineState>;
  readonly #integrations: Map<string, IntegrationState>;
  readonly #lanes: Map<string, LaneState>;
  organisation: OrganisationState;
  dataLayer: DataLayerState;
  #departures: ConfigurationState["departures"];
  #untouched: Set<object> | undefined;

  constructor(before: ConfigurationState, options: ApplyOptions) {
    this.#before = before;
    this.options = options;
    this.#pipelines = byId(before.pipelines);
    this.#integrations = byId(before.integrations);
    this.#lanes = byId(before.lanes);
    this.organisation = before.organisation;
    this.dataLayer = before.dataLayer;
    this.#departures = before.departures;
  }

  /** With the number as it was. */
  state(): ConfigurationState {
    return {
      number: this.#before.number,
      organisation: this.organisation,
      dataLayer: this.dataLayer,
      pipelines: [...this.#pipelines.values()],
      integrations: [...this.#integrations.values()],
      lanes: [...this.#lanes.values()],
      departures: this.#departures,
    };
  }

  pipelines(): PipelineState[] {
    return [...this.#pipelines.values()];
  }

  /** Those that are not deleted. */
  integrations(): IntegrationState[] {
    return [...this.#integrations.values()].filter(({ deletedAt }) => deletedAt === null);
  }

  lanes(): LaneState[] {
    return [...this.#lanes.values()];
  }

  pipeline(id: string): PipelineState | undefined {
    return this.#pipelines.get(id);
  }

  /** Deleted ones too. */
  integration(id: string): IntegrationState | undefined {
    return this.#integrations.get(id);
  }

  lane(id: string): LaneState | undefined {
    return this.#lanes.get(id);
  }

  /** As it was before this application. */
  laneBefore(id: string): LaneState | undefined {
    return this.#before.lanes.find((lane) => lane.id === id);
  }

  /** True for an object that this application has made or changed. */
  isTouched(object: PipelineState | IntegrationState | LaneState): boolean {
    this.#untouched ??= new Set([...this.#before.pipelines, ...this.#before.integrations, ...this.#before.lanes]);
    return !this.#untouched.has(object);
  }

  /** Makes secrets of parameters; whose the pipeline is does not change by it. */
  sealParameters(pipeline: PipelineState, keys: readonly string[]): void {
    const isNamed = ([key]: [string, string]): boolean => keys.includes(key);
    const entries = Object.entries(pipeline.parameters);
    const sealed = sealAll(this.options.seal, pipeline.id, Object.fromEntries(entries.filter(isNamed)));
    this.#pipelines.set(pipeline.id, {
      ...pipeline,
      parameters: Object.fromEntries(entries.filter((entry) => !isNamed(entry))),
      secretParameters: { ...pipeline.secretParameters, ...sealed },
      version: pipeline.version + 1,
      updatedAt: this.options.now,
    });
    this.changed = true;
  }

  putPipeline(next: PipelineState, what: string, place: Place): void {
    this.#put(this.#pipelines, next, { what, place });
  }

  putIntegration(next: IntegrationState, what: string, place: Place): void {
    // The demo's address changes with the server's port, so nobody else's change may stay.
    this.#put(this.#integrations, next, { what, place, isFixed: true });
  }

  putLane(next: LaneState, what: string, place: Place): void {
    this.#put(this.#lanes, next, { what, place });
  }

  removePipeline(pipeline: PipelineState): void {
    if (this.#refuses(pipeline.owner, { what: `pipeline "${pipeline.name}"`, place: this.#nowhere() })) return;
    for (const lane of this.lanes()) if (lane.pipelineId === pipeline.id) this.removeLane(lane);
    this.#pipelines.delete(pipeline.id);
    this.changed = true;
  }

  /** Its history stays. */
  removeIntegration(integration: IntegrationState): void {
    const about = { what: `integration "${integration.name}"`, place: this.#nowhere() };
    if (this.#refuses(integration.owner, about)) return;
    for (const lane of this.lanes()) if (lane.integrationId === integration.id) this.removeLane(lane);
    const { now } = this.options;
    this.#integrations.set(integration.id, {
      ...integration,
      owner: null,
      version: integration.version + 1,
      updatedAt: now,
      deletedAt: now,
    });
    this.changed = true;
  }

  removeLane(lane: LaneState): void {
    if (!this.#lanes.has(lane.id)) return;
    if (this.#refuses(lane.owner, { what: this.#nameOf(lane), place: this.#nowhere() })) return;
    this.#lanes.delete(lane.id);
    this.changed = true;
  }

  setDepartures(leaving: Pick<ConfigSnapshot, "removed" | "removedLanes">): void {
    const departures = inOrder([
      ...leaving.removed.map(({ integrationId }) => ({ integrationId, pipelineIntegrationId: null })),
      ...(leaving.removedLanes ?? []),
    ]);
    if (sameJson(departures, inOrder(this.#departures))) return;
    this.#departures = departures;
    this.changed = true;
  }

  fault(place: Place, kind: ApplyFaultKind, message: string, cure: string): void {
    this.faults.push({ ...place, message, cure, kind });
  }

  /** True, with a fault, where the change is not this application's to make. */
  #refuses(owner: Owner, about: About): boolean {
    const { what, place, isFixed = false } = about;
    if (owner === null || owner === this.options.owner || this.options.owner === "file") return false;
    if (owner === "demo" && !isFixed) return false;
    const whose = owner === "file" ? "the configuration file" : "the built-in demo";
    const cure =
      owner === "file"
        ? "Change it there, or take it out of the file first."
        : "Install one of your own, and delete the demo's when you do not need it.";
    this.fault(place, "managed", `${what} belongs to ${whose}`, cure);
    return true;
  }

  /** Takes an object up where it differs from what is there: with the next version, and as this application's owner's. */
  #put<T extends Kept>(map: Map<string, T>, next: T, about: About): void {
    const before = map.get(next.id);
    const { owner, now } = this.options;
    if (before === undefined) {
      map.set(next.id, { ...next, owner, version: 1, createdAt: now, updatedAt: now });
      this.changed = true;
      return;
    }
    const same = sameJson({ ...next, ...keptOf(before) }, before);
    // Only a file takes over what it names as it is.
    if (same && (owner !== "file" || before.owner === "file")) return;
    if (!same && this.#refuses(before.owner, about)) return;
    map.set(next.id, { ...next, owner, version: before.version + 1, updatedAt: now });
    this.changed = true;
  }

  #nameOf(lane: LaneState): string {
    const integration = this.#integrations.get(lane.integrationId)?.name ?? lane.integrationId;
    return `integration "${integration}" of pipeline "${this.#pipelines.get(lane.pipelineId)?.name ?? lane.pipelineId}"`;
  }

  #nowhere(): Place {
    return { file: this.options.fileName, line: 1, column: 1, path: "" };
  }
}

function inOrder(departures: readonly Departure[]): Departure[] {
  const keyOf = (one: Departure): string => `${one.integrationId} ${one.pipelineIntegrationId ?? ""}`;
  return departures.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

function keptOf({ owner, version, updatedAt }: Kept): Pick<Kept, "owner" | "version" | "updatedAt"> {
  return { owner, version, updatedAt };
}

function sameJson(a: object, b: object): boolean {
  return canonicalJson(asJson(a)) === canonicalJson(asJson(b));
}

function byId<T extends { id: string }>(objects: readonly T[]): Map<string, T> {
  return new Map(objects.map((one) => [one.id, one]));
}
