/** The live stream of trace records. */

/**
 * Rests while nobody looks: a browser keeps only a few connections to one server, and what was missed comes when the
 * stream begins anew.
 * @param {{ trace(record: object): void, state?(live: boolean): void, behaviour?(now: object): void, skipped?(count: number): void }} heard
 */
export function followTraces(heard) {
  let source = null;
  const adapt = () => {
    if (document.hidden) {
      source?.close();
      source = null;
    } else {
      source ??= open(heard);
    }
  };
  document.addEventListener("visibilitychange", adapt);
  adapt();
}

function open(heard) {
  const source = new EventSource("/demo/traces");
  const on = (name, run) =>
    source.addEventListener(name, (event) => {
      run(JSON.parse(event.data));
    });
  on("trace", heard.trace);
  on("live", () => heard.state?.(true));
  on("behaviour", (now) => heard.behaviour?.(now));
  on("skipped", ({ count }) => heard.skipped?.(count));
  on("full", () => source.close());
  source.addEventListener("error", () => heard.state?.(false));
  return source;
}
