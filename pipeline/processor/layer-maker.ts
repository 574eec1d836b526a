/** Makes the data layer of a snapshot; the thread of the operator's code lives on while the code stays the same. */
import {
  type Clock,
  compileDataLayer,
  type ConfigSnapshot,
  type DataLayerConfig,
  type Locate,
  type Logger,
  openDataLayer,
} from "@datafly-signal/core";
import { type RunningCode, runCustomCode } from "./custom-code/custom-code.ts";
import type { SandboxFailure } from "./custom-code/sandbox.ts";
import type { DataLayer } from "./data-layer.ts";

/** What the data layer needs of the outside. */
export interface DataLayerTools {
  /** Looks addresses up in the operator's file; throws when it cannot be read. */
  locations?(path: string, language: string): Locate;
  /** Opens a sealed secret of `object`; throws when it cannot. */
  openSecret?(sealed: string, object: string, field: string): string;
}

interface LayerMaker {
  make(snapshot: ConfigSnapshot): DataLayer;
  /** A newer snapshot is there: code that it changes is broken off at once, whatever it is at. */
  follow(snapshot: ConfigSnapshot): void;
  /** Why a part of it does not work, in words. */
  troubles(): string[];
  close(): Promise<void>;
}

interface LayerMakerOptions extends DataLayerTools {
  clock: Clock;
  logger: Logger;
  onFailed(failure: SandboxFailure, events: number): void;
}

/** Secrets that cannot be opened leave the layer unmade: events wait rather than go on unhashed. */
class SecretMissing extends Error {
  constructor() {
    super("The salt of the data layer cannot be opened: there is no key for it here.");
    this.name = "SecretMissing";
  }
}

export function layerMaker(options: LayerMakerOptions): LayerMaker {
  let running: { code: string; onError: "pass" | "drop"; runner: RunningCode } | null = null;
  let locationTrouble: string | null = null;

  const codeFor = (wanted: { code: string; onError: "pass" | "drop" } | null): RunningCode | null => {
    if (running !== null && (wanted === null || wanted.code !== running.code || wanted.onError !== running.onError)) {
      // What it is at is answered as its on_error says; the batch is worked with the new code at the next look.
      void running.runner.close();
      running = null;
    }
    if (wanted === null) return null;
    if (running?.runner.closed() === true) running = null;
    running ??= { ...wanted, runner: runCustomCode({ ...wanted, ...options }) };
    return running.runner;
  };
  const locate = (layer: DataLayerConfig | undefined): Locate | null => {
    locationTrouble = null;
    const geo = layer?.geo;
    if (geo === undefined || geo.enabled === false) return null;
    try {
      return options.locations?.(geo.database, geo.language ?? "en") ?? null;
    } catch (error) {
      locationTrouble = `The file of locations ${geo.database} cannot be read: events go on without context.location.`;
      options.logger.error({ error: error instanceof Error ? error.name : "Error" }, locationTrouble);
      return null;
    }
  };
  return {
    make(snapshot) {
      const layer = openDataLayer(snapshot, (...sealed) => {
        if (options.openSecret === undefined) throw new SecretMissing();
        return options.openSecret(...sealed);
      });
      const { organisation } = snapshot;
      const config = { ...(layer && { data_layer: layer }), ...(organisation && { organisation }) };
      const { code, ...steps } = compileDataLayer(config, { locate: locate(layer) });
      return { ...steps, code: codeFor(code) };
    },
    follow(snapshot) {
      const custom = snapshot.dataLayer?.custom_js;
      const isSame = custom?.enabled !== false && custom?.code === running?.code;
      if (running !== null && !isSame) void running.runner.close();
    },
    troubles() {
      const off = running?.runner.off() ?? null;
      return [locationTrouble, off].filter((trouble) => trouble !== null);
    },
    async close() {
      await running?.runner.close();
    },
  };
}
