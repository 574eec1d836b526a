/** datafly.js: put together in the page that loads it. */
import type { Fields } from "./collected-event.ts";
import { collector } from "./collector.ts";
import { browserFields, campaignOf, pageFields } from "./event-context.ts";
import { install } from "./globals.ts";
import { pageViews } from "./page-views.ts";
import { poster } from "./post.ts";
import { eventQueue, type Queue } from "./queue.ts";
import { scriptSettings, type ScriptSettings } from "./script-settings.ts";
import { sender, type Sender } from "./sender.ts";
import { leasedTurn, lockedTurn } from "./sending-turn.ts";
import { safeStore } from "./store.ts";
import { uuidV4 } from "./uuid.ts";
import { visitorKeeper, type VisitorKeeper } from "./visitor.ts";
import { guarded, warnOnce } from "./warn.ts";

/** Set when the script is built. */
declare const VERSION: string;

const scope = window as unknown as Record<string | symbol, unknown>;
// oxlint-disable-next-line no-console -- the page's developer looks nowhere else
const warn = warnOnce((text) => console.warn(text));
const guard = <A extends unknown[]>(step: (...args: A) => void): ((...args: A) => void) => guarded(warn, step);

const now = (): number => Date.now();
const newId = (): string => uuidV4(() => crypto.getRandomValues(new Uint8Array(1))[0] ?? 0);

guard(() => {
  const tag = document.currentScript ?? document.querySelector("script[data-pipeline-key]");
  const settings = scriptSettings(tag, location.href);
  if (settings === undefined) return warn("key", "the script tag needs data-pipeline-key.");
  // A script that was included twice must not count twice.
  const mark = Symbol.for(`datafly ${settings.pipelineKey}`);
  if (scope[mark] !== undefined) return;
  scope[mark] = true;
  start(settings);
})();

function start(settings: ScriptSettings): void {
  const { alias, hasPageViews } = settings;
  const pages = pageViews(guard);
  const { queue, visitor, sending } = openSending(settings, () => collected.forget());
  const browser = browserFields(VERSION);
  let campaign: Fields | undefined;
  const collected = collector({
    visitorId: () => visitor.current().id,
    newId,
    now,
    warn,
    page: () => pageFields(pages.referrer()),
    context() {
      campaign = campaignOf(location.search) ?? campaign;
      return { ...browser, campaign };
    },
    push(event) {
      queue.push(event, visitor.current().turn);
      sending.added();
    },
    reset() {
      campaign = undefined;
      visitor.reset();
    },
    flush: sending.flush,
  });
  listen(sending, pages.hurry);
  const call = guard(collected.call);
  for (const name of ["datafly", alias]) {
    const isInstalled = install(scope, name, call);
    if (!isInstalled && name !== "_df") warn(name, `window.${name} is taken: set data-global.`);
  }
  pages.start(() => {
    if (hasPageViews) call("page", []);
  });
}

/** What is kept in the browser, and what sends it. `onReset` is called when another tab has reset. */
function openSending(
  { pipelineKey, endpoint }: ScriptSettings,
  onReset: () => void,
): { queue: Queue; visitor: VisitorKeeper; sending: Sender } {
  const store = safeStore(() => localStorage);
  const nameOf = (what: string): string => `datafly.${what}.${pipelineKey}`;
  const onCleared = (): void => queue.restore();
  const visitorKey = `datafly.visitor.${endpoint}`;
  const visitor = visitorKeeper({ store, key: visitorKey, newId, onReset, onCleared });
  const onFull = (): void => warn("full", "too many events wait: the oldest are given up.");
  const queue = eventQueue({ store, prefix: `${nameOf("queue")}.`, now, onLook: visitor.current, onFull });
  visitor.current();
  // Pages without https have no locks, and those without storage may not use them.
  const { locks } = navigator as { locks?: LockManager };
  const turnKey = nameOf("turn");
  const sending = sender({
    writeKey: pipelineKey,
    queue,
    visitor,
    store,
    pauseKey: nameOf("pause"),
    turn: locks && store.get(visitorKey) ? lockedTurn(locks, turnKey) : leasedTurn(store, turnKey, now),
    post: poster(endpoint),
    warn,
    now,
    after,
    random: Math.random,
  });
  return { queue, visitor, sending };
}

function after(ms: number, then: () => void): () => void {
  const timer = setTimeout(then, ms);
  return () => clearTimeout(timer);
}

function listen(sending: Sender, hurry: () => void): void {
  const leave = guard(() => {
    hurry();
    // Without a network it stays for the next page.
    if (navigator.onLine) sending.leave();
  });
  addEventListener("pagehide", leave);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") leave();
  });
  addEventListener("online", guard(sending.flush));
  addEventListener("storage", ({ key, newValue }) => {
    if (newValue !== null && key?.startsWith("datafly.queue")) sending.watch();
  });
  sending.watch();
}
