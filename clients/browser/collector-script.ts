/** datafly.js as the gateway serves it. */

/** The script, minified, and what its content is known by. */
export interface CollectorScript {
  code: string;
  /** The first 16 hexadecimal digits of the SHA-256 of the code. */
  hash: string;
}
