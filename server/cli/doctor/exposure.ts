/** Keys, and addresses at which others reach the server: what the settings say of them. Pure. */
import type { Settings } from "../../settings.ts";
import { fault, fine, type Finding, warning } from "./finding.ts";
import { isOwnMachine } from "./own-machine.ts";

/** Fewer different bytes than this are words that somebody has thought of, or one letter many times. */
const LEAST_VARIETY = 10;

export type ExposureSettings = Pick<
  Settings,
  | "environment"
  | "host"
  | "trustedProxies"
  | "encryptionKey"
  | "encryptionKeyPrevious"
  | "jwtSecret"
  | "jwtSecretPrevious"
  | "gatewayPublicUrl"
  | "managementPublicUrl"
>;

export function exposureFindings(settings: ExposureSettings): Finding[] {
  return [...keyFindings(settings), ...addressFindings(settings), ...managementFindings(settings)];
}

function keyFindings(settings: ExposureSettings): Finding[] {
  const { encryptionKey, encryptionKeyPrevious, jwtSecret, jwtSecretPrevious } = settings;
  const findings: Finding[] = [];
  const pairs = [
    ["ENCRYPTION_KEY", encryptionKey, encryptionKeyPrevious],
    ["JWT_SECRET", jwtSecret, jwtSecretPrevious],
  ] as const;
  for (const [name, current, previous] of pairs) {
    if (current !== null && isGuessable(current)) {
      const cure = `Make a new one (openssl rand -base64 ${name === "JWT_SECRET" ? 48 : 32}), and keep this one as ${name}_PREVIOUS meanwhile.`;
      findings.push(warning("keys", `${name} looks as if it could be guessed.`, cure));
    }
    if (current !== null && previous !== null && isSame(current, previous)) {
      findings.push(warning("keys", `${name} and ${name}_PREVIOUS are the same.`, `Unset ${name}_PREVIOUS.`));
    }
  }
  if (encryptionKey !== null && jwtSecret !== null && isSameText(encryptionKey, jwtSecret)) {
    const cure = "Make another JWT_SECRET (openssl rand -base64 48).";
    findings.push(fault("keys", "JWT_SECRET is the encryption key: who has one has both.", cure));
  }
  if (encryptionKeyPrevious !== null) {
    const message = "ENCRYPTION_KEY_PREVIOUS is set: a rotation is under way.";
    const cure = "Run secrets rotate; when it says that nothing needs the previous key, unset it and restart.";
    findings.push(warning("keys", message, cure));
  }
  if (findings.length > 0) return findings;
  const where = (name: string, file: string, value: Uint8Array | null): string =>
    value === null ? `${file} in the data folder` : name;
  return [
    fine(
      "keys",
      `Secrets are sealed with ${where("ENCRYPTION_KEY", "encryption.key", encryptionKey)}, tokens signed with ${where("JWT_SECRET", "jwt.key", jwtSecret)}.`,
    ),
  ];
}

function addressFindings({ environment, gatewayPublicUrl, managementPublicUrl }: ExposureSettings): Finding[] {
  const findings: Finding[] = [];
  const addresses = [
    [
      "GATEWAY_PUBLIC_URL",
      gatewayPublicUrl,
      "snippets for pages lead to this machine only",
      "https://data.example.com",
    ],
    [
      "MANAGEMENT_PUBLIC_URL",
      managementPublicUrl,
      "links of invitations lead to this machine only",
      "https://signal.example.com",
    ],
  ] as const;
  for (const [name, value, effect, example] of addresses) {
    if (value === null && environment === "production") {
      findings.push(warning("public addresses", `${name} is not set: ${effect}.`, `Set it, as in ${example}.`));
    }
    if (value !== null && new URL(value).protocol === "http:" && !isOwnMachine(new URL(value).hostname)) {
      const cure = "Put a proxy with TLS before it, and name its https address.";
      findings.push(
        warning("public addresses", `${name} is ${value}: what is sent there can be read on the way.`, cure),
      );
    }
  }
  if (gatewayPublicUrl !== null && gatewayPublicUrl === managementPublicUrl) {
    const message = `GATEWAY_PUBLIC_URL and MANAGEMENT_PUBLIC_URL are both ${gatewayPublicUrl}.`;
    findings.push(
      warning("public addresses", message, "Give each port a host of its own; keep the management port inside."),
    );
  }
  if (findings.length > 0) return findings;
  const said = addresses.map(([name, value]) => `${name} ${value ?? "not set"}`).join(", ");
  return [fine("public addresses", `${said}.`)];
}

/** The management port speaks no TLS, and tells callers apart by their addresses. */
function managementFindings({ host, trustedProxies, managementPublicUrl }: ExposureSettings): Finding[] {
  const isOpen = !isOwnMachine(host);
  const isProxied = managementPublicUrl !== null && new URL(managementPublicUrl).protocol === "https:";
  if (trustedProxies.length > 0)
    return [fine("management", "Callers are told apart by what TRUSTED_PROXIES say of them.")];
  if (isProxied) {
    const message =
      "A proxy stands before the management port, and TRUSTED_PROXIES is empty: all people count as one address.";
    const cure = "Set TRUSTED_PROXIES to the proxy's address; else whoever tries passwords uses up the tries of all.";
    return [warning("management", message, cure)];
  }
  if (!isOpen) return [fine("management", `HOST is ${host}: only this machine reaches the management port.`)];
  const message = `HOST is ${host}: the management port is open to the network, and passwords and tokens go there in clear.`;
  const cure =
    "Let a proxy with TLS reach it and nobody else (a firewall, or HOST=127.0.0.1), and set TRUSTED_PROXIES.";
  return [warning("management", message, cure)];
}

function isGuessable(secret: Uint8Array): boolean {
  return new Set(secret).size < LEAST_VARIETY;
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

/** The key's bytes, or one of the texts that they are written as. */
function isSameText(key: Uint8Array, secret: Uint8Array): boolean {
  const bytes = Buffer.from(key);
  const text = Buffer.from(secret).toString("utf8");
  return (
    isSame(key, secret) || [bytes.toString("base64"), bytes.toString("hex"), bytes.toString("base64url")].includes(text)
  );
}
