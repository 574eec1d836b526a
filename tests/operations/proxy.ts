/** nginx or Caddy, run with the recipe in deploy/: only ports, certificates and places are put in. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { join } from "node:path";
import { freePort, PROJECT } from "../harness/signal-server.ts";
import { until } from "../harness/until.ts";

export type ProxyName = "nginx" | "caddy";

export interface Proxy {
  httpPort: number;
  tlsPort: number;
  /** The certificate of data.example.com and of www.example.com. */
  ca: Buffer;
  output(): string;
  stop(): Promise<void>;
}

/** For tests that need one: skipped, with the reason, where it is not installed; never in CI. */
export function proxyOptions(name: ProxyName): { skip?: string } {
  if (process.env["CI"] !== undefined || spawnSync(name, ["version"]).error === undefined) return {};
  return { skip: `${name} is not installed` };
}

export async function startProxy(name: ProxyName, options: { folder: string; gatewayPort: number }): Promise<Proxy> {
  const { folder } = options;
  const [httpPort, tlsPort] = [await freePort(), await freePort()];
  const ca = makeCertificates(join(folder, "ssl"));
  // Started by root, nginx answers as another user.
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, "html"));
  writeFileSync(join(folder, "html", "index.html"), "the shop");
  const places = { ...options, httpPort, tlsPort };
  const [command, args] = name === "nginx" ? nginx(places) : caddy(places);
  const env = { PATH: process.env["PATH"], HOME: folder, CADDY_ADMIN: "off" };
  const child = spawn(command, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += String(chunk)));
  await until(15_000, () => {
    if (child.exitCode !== null) throw new Error(`${name} ended:\n${output}`);
    return listens(tlsPort);
  });
  return { httpPort, tlsPort, ca, output: () => output, stop: () => stopped(child) };
}

interface Places {
  folder: string;
  gatewayPort: number;
  httpPort: number;
  tlsPort: number;
}

function nginx({ folder, gatewayPort, httpPort, tlsPort }: Places): [string, string[]] {
  // Those compiled in belong to root.
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((kind) => `    ${kind}_temp_path ${join(folder, kind)};\n`)
    .join("");
  const file = recipe("nginx.conf", join(folder, "nginx.conf"), [
    ["/run/nginx.pid", join(folder, "nginx.pid")],
    ["/var/log/nginx", folder],
    ["/etc/ssl/signal", join(folder, "ssl")],
    ["/var/www/html", join(folder, "html")],
    ["server 127.0.0.1:8080;", `server 127.0.0.1:${gatewayPort};`],
    ["listen 80;", `listen 127.0.0.1:${httpPort};`],
    ["listen [::]:80;", ""],
    ["listen 443 ssl http2;", `listen 127.0.0.1:${tlsPort} ssl http2;`],
    ["listen [::]:443 ssl http2;", ""],
    ["http {\n", `http {\n${temporary}`],
  ]);
  // Debian's compiled-in log is not this user's.
  return ["nginx", ["-e", join(folder, "error.log"), "-p", folder, "-c", file, "-g", "daemon off;"]];
}

function caddy({ folder, gatewayPort, httpPort, tlsPort }: Places): [string, string[]] {
  const file = recipe("Caddyfile", join(folder, "Caddyfile"), [
    ["/etc/ssl/signal", join(folder, "ssl")],
    ["/var/www/html", join(folder, "html")],
    ["reverse_proxy 127.0.0.1:8080", `reverse_proxy 127.0.0.1:${gatewayPort}`],
    ["auto_https disable_redirects", `auto_https disable_redirects\n\thttp_port ${httpPort}\n\thttps_port ${tlsPort}`],
  ]);
  return ["caddy", ["run", "--config", file, "--adapter", "caddyfile"]];
}

/** The file of deploy/ with each of these replaced; all of them must stand in it. */
function recipe(name: string, target: string, changes: readonly (readonly [from: string, to: string])[]): string {
  let text = readFileSync(join(PROJECT, "deploy", name), "utf8");
  for (const [from, to] of changes) {
    if (!text.includes(from)) throw new Error(`deploy/${name} has no ${from}`);
    text = text.replaceAll(from, to);
  }
  writeFileSync(target, text);
  return target;
}

/** One for each site; answers both, for clients to trust. */
function makeCertificates(folder: string): Buffer {
  mkdirSync(folder);
  const sites = ["data.example.com", "www.example.com"].map((site) => {
    const [key, certificate] = [join(folder, `${site}.key`), join(folder, `${site}.crt`)];
    const made = spawnSync("openssl", [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"],
      ...["-subj", `/CN=${site}`, "-addext", `subjectAltName=DNS:${site}`, "-keyout", key, "-out", certificate],
    ]);
    if (made.status !== 0) throw new Error(`openssl: ${made.error?.message ?? String(made.stderr)}`);
    return readFileSync(certificate);
  });
  return Buffer.concat(sites);
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: "127.0.0.1", port });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await ended;
}
