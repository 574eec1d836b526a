/** Request signing: an HMAC over the request's content, in a header. */
import { createHmac } from "node:crypto";
import { checkHeaderName } from "./request-headers.ts";
import { Missing, plainText, valueOf } from "./scope.ts";
import { addSpecFault, readSetting, readText, settingKeys, type SpecReading } from "./spec-reading.ts";
import type { SigningSpec } from "./spec-schema.ts";
import type { RequestSigner } from "./aws-signature.ts";

const ROOTS = ["body", "timestamp", "method", "path", "url", "config", "secret", "environment"];

/** Undefined where the spec or the key is at fault. */
export function contentSigner(reading: SpecReading, spec: SigningSpec): RequestSigner | undefined {
  if (!checkHeaderName(reading, "sign.header", spec.header)) return undefined;
  const timeHeader = spec.timestamp?.header;
  if (timeHeader !== undefined && !checkHeaderName(reading, "sign.timestamp.header", timeHeader)) return undefined;
  const secret = readSetting(reading, "sign.secret", spec.secret);
  const content = readText(reading, "sign.content", { text: spec.content ?? "{{body}}", roots: ROOTS });
  if (secret === undefined || content === undefined) return undefined;
  const key = keyBytes(secret, spec.secret_encoding);
  if (key === null) {
    const [field = "delivery_spec.sign.secret"] = settingKeys(spec.secret);
    reading.faults.push({ field, message: `${field} is not ${spec.secret_encoding ?? "text"}. Paste it again.` });
    return undefined;
  }
  if (spec.timestamp !== undefined && timeHeader === undefined && !spec.content?.includes("{{timestamp")) {
    addSpecFault(
      reading,
      "sign.timestamp",
      "The time is neither in a header nor in what is signed. Leave it out, or use it.",
    );
    return undefined;
  }
  return (request, now) => {
    const timestamp = spec.timestamp?.unit === "ms" ? now : Math.floor(now / 1000);
    const hmac = createHmac(spec.algorithm, key);
    const { pathname, search } = new URL(request.url);
    const { method, url } = request;
    const scope = { ...reading.settings, timestamp, method, path: `${pathname}${search}`, url };
    for (const part of content.parts) {
      if (typeof part === "string") hmac.update(part);
      else if (part.root === "body") hmac.update(request.body ?? "");
      else {
        const value = valueOf(part, scope);
        hmac.update(value instanceof Missing ? "" : plainText(value));
      }
    }
    const signature = `${spec.prefix ?? ""}${hmac.digest(spec.encoding ?? "hex")}`;
    const time = timeHeader === undefined ? {} : { [timeHeader]: String(timestamp) };
    return { ...request, headers: { ...request.headers, ...time, [spec.header]: signature } };
  };
}

/** Null where the text is not what its encoding says, or empty. */
function keyBytes(secret: string, encoding: SigningSpec["secret_encoding"] = "utf8"): Buffer | null {
  const bytes = Buffer.from(secret, encoding);
  const plain = (text: string): string => text.replace(/=+$/, "").toLowerCase();
  const isWhole =
    encoding === "utf8" ||
    (encoding === "hex"
      ? plain(bytes.toString("hex")) === plain(secret)
      : plain(bytes.toString("base64")) === plain(secret));
  return isWhole && bytes.length > 0 ? bytes : null;
}
