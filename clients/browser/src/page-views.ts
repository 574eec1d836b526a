/** Which page the visitor is on, and that another one was opened: by a load, or by a script that changes the address. */

export interface PageViews {
  /** The page before this one: the document's referrer, then the addresses within it. */
  referrer(): string;
  /** Calls back for the page that was loaded and for each one opened after it. */
  start(opened: () => void): void;
  /** Reports what is about to be reported: the page may end at any moment. */
  hurry(): void;
}

type ShownEvent = Partial<PageTransitionEvent>;

/** Keeps faults away from the page, whose own calls and events run through here. */
type Guard = (step: (event: ShownEvent) => void) => (event: ShownEvent) => void;

/**
 * Tells pages apart: path and search. A hash counts where it is a path itself, as in `#/products`; `#reviews` is a
 * place on the same page.
 */
export function routeOf({ pathname, search, hash }: Pick<Location, "pathname" | "search" | "hash">): string {
  return pathname + search + (/^#!?\//.test(hash) ? hash : "");
}

export function pageViews(guard: Guard): PageViews {
  let { referrer } = document;
  let url = location.href;
  let route = routeOf(location);
  let isFirst = true;
  let isPending = true;
  let opened = (): void => undefined;

  const report = (): void => {
    // A page that is only prepared, in case somebody wants it, is nobody's view yet.
    if (!isPending || (document as { prerendering?: boolean }).prerendering) return;
    isPending = false;
    const next = routeOf(location);
    if (!isFirst) {
      if (next === route) return;
      referrer = url;
    }
    isFirst = false;
    route = next;
    url = location.href;
    opened();
  };

  const reported = guard(report);
  const navigated = guard(() => {
    if (isPending || routeOf(location) === route) return;
    isPending = true;
    // In a moment: routers set the title after the address, and may forward to another address at once.
    setTimeout(reported);
  });

  const watch = (): void => {
    for (const method of ["pushState", "replaceState"] as const) {
      const original = history[method];
      history[method] = function changed(...args) {
        original.apply(this, args);
        navigated({});
      };
    }
    for (const type of ["popstate", "hashchange"]) addEventListener(type, navigated);
    for (const type of ["DOMContentLoaded", "prerenderingchange"]) document.addEventListener(type, reported);
    // A page that comes back as it was left is seen once more, though nothing is loaded.
    const shown = guard(({ persisted }) => {
      if (persisted) opened();
    });
    addEventListener("pageshow", shown);
  };

  return {
    referrer: () => (isFirst || routeOf(location) === route ? referrer : url),
    hurry: report,
    start(callback) {
      opened = callback;
      watch();
      // The title comes after the script.
      if (document.readyState !== "loading") report();
    },
  };
}
