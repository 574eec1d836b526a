/** Braze's instances: each workspace lives on one, and its key is known there alone. */

/** https://www.braze.com/docs/user_guide/administer/personal/sdk_endpoints */
const HOSTS = {
  "US-01": "rest.iad-01.braze.com",
  "US-02": "rest.iad-02.braze.com",
  "US-03": "rest.iad-03.braze.com",
  "US-04": "rest.iad-04.braze.com",
  "US-05": "rest.iad-05.braze.com",
  "US-06": "rest.iad-06.braze.com",
  "US-07": "rest.iad-07.braze.com",
  "US-08": "rest.iad-08.braze.com",
  "US-10": "rest.us-10.braze.com",
  "EU-01": "rest.fra-01.braze.eu",
  "EU-02": "rest.fra-02.braze.eu",
  "AU-01": "rest.au-01.braze.com",
  "ID-01": "rest.id-01.braze.com",
  "JP-01": "rest.jp-01.braze.com",
  "KR-01": "rest.kr-01.braze.com",
} as const;

export const REST_ENDPOINTS = Object.values(HOSTS).map((host) => `https://${host}`);

/** An instance is also named as the dashboard calls it, or pasted without `https://` or with a slash at its end. */
export const ENDPOINT_SPELLINGS: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(HOSTS).flatMap(([name, host]) =>
    [name, host, `${host}/`, `https://${host}/`].map((spelling) => [spelling.toLowerCase(), `https://${host}`]),
  ),
);
