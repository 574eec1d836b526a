/** datafly.js as the shop uses it: page views it sends by itself, the rest is said here. */

/** Whether the script could be loaded. */
export function isCollecting() {
  return typeof window.datafly?.track === "function";
}

export function track(name, properties) {
  window.datafly?.track(name, properties);
}

export function identify(userId, traits) {
  window.datafly?.identify(userId, traits);
}

/** The next visitor of this browser is another one. */
export function forget() {
  window.datafly?.reset();
}
