/** Where a bucket is: its URL in AWS or at a store that is compatible with S3, and keys in it. */

interface BucketPlace {
  bucket: string;
  region: string;
  /** Of a compatible store: an absolute URL. */
  endpoint: string | undefined;
  pathStyle: "auto" | "true" | "false";
}

/** The URL that keys follow, with a slash at its end. */
export function bucketUrl({ bucket, region, endpoint, pathStyle }: BucketPlace): string {
  const server = new URL(endpoint ?? `https://s3.${region}.${domainOf(region)}`);
  // The certificate of S3 is for one name before its own: a bucket with points in it has several.
  const inPath = pathStyle === "auto" ? endpoint !== undefined || bucket.includes(".") : pathStyle === "true";
  const folder = server.pathname.replace(/\/+$/, "");
  return inPath ? `${server.origin}${folder}/${bucket}/` : `${server.protocol}//${bucket}.${server.host}${folder}/`;
}

/** The domain of the partition that a region is in. */
function domainOf(region: string): string {
  if (region.startsWith("cn-")) return "amazonaws.com.cn";
  return region.startsWith("eusc-") ? "amazonaws.eu" : "amazonaws.com";
}

/** A key as it stands in a URL: encoded as signatures have it, slashes stay. */
export function encodeKey(key: string): string {
  return key.split("/").map(encodePart).join("/");
}

function encodePart(part: string): string {
  return encodeURIComponent(part.toWellFormed()).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
