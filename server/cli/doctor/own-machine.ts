/** Whether an address leads to this machine alone. */

const OWN_MACHINE = /^(localhost|.+\.localhost|127\.\d+\.\d+\.\d+|\[?::1\]?|)$/i;

/** @param host without port; empty for a socket of this machine */
export function isOwnMachine(host: string): boolean {
  return OWN_MACHINE.test(host);
}
