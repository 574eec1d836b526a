/** What the page's developer is told, in the console. */

export type Warn = (about: string, message: string) => void;

/** Says a thing once for each `about`: a wrong key must not fill the console. */
export function warnOnce(write: (text: string) => void): Warn {
  const said = new Set<string>();
  return (about, message) => {
    if (said.has(about)) return;
    said.add(about);
    write(`datafly: ${message}`);
  };
}

/** Runs a step of the collector; whatever it throws must not reach the page. */
export function guarded<A extends unknown[]>(warn: Warn, step: (...args: A) => void): (...args: A) => void {
  return (...args) => {
    try {
      step(...args);
    } catch (error) {
      warn("fault", String(error));
    }
  };
}
