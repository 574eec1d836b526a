/** The live stream of trace records. */

const AGAIN_MS = 1500;
const NO_DEMO = "the server has a signal.yaml";

/**
 * Rests while nobody looks: a browser keeps only a few connections to one server, and what was missed comes when the
 * stream begins anew.
 * @param {{ trace(record: object): void, state?(live: boolean): void, behaviour?(now: object): void, skipped?(count: number): void, ended?(reason: string): void }} heard
 */
export function followTraces(heard) {
  let source = null;
  let isOver = false;
  const drop = () => {
    source?.close();
    source = null;
  };
  const end = (reason) => {
    if (isOver) return;
    isOver = true;
    drop();
    heard.ended?.(reason);
  };
  const adapt = () => {
    if (isOver) return;
    if (document.hidden) drop();
    else source ??= open({ ...heard, ended: end, lost: () => void look(source) });
  };
  /** A stream that was refused is not asked for again by the browser: either there is no demo, or it is not yet there. */
  const look = async (lost) => {
    const status = await statusOfDemo();
    if (status === 404) return end(NO_DEMO);
    setTimeout(() => {
      if (source !== lost) return;
      drop();
      adapt();
    }, AGAIN_MS);
  };
  document.addEventListener("visibilitychange", adapt);
  adapt();
}

async function statusOfDemo() {
  const answer = await fetch("/demo/receiver", { method: "HEAD", cache: "no-store" }).catch(() => null);
  return answer?.status ?? 0;
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
  on("ended", ({ reason }) => heard.ended(reason));
  source.addEventListener("error", () => {
    heard.state?.(false);
    if (source.readyState === EventSource.CLOSED) heard.lost();
  });
  return source;
}
