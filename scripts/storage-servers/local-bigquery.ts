/** local-bigquery, a server of BigQuery's REST API; a Python package with the extensions of its database. */
import { createHash } from "node:crypto";
import { globSync, mkdirSync, readFileSync } from "node:fs";
import { homedir, userInfo } from "node:os";
import { join } from "node:path";
import { provideOnce } from "./provide-once.ts";
import { printed, succeeds } from "./run-tool.ts";

/** Every package with its version, as `pip freeze` names them: two runs a year apart try the same. */
const REQUIREMENTS = join(import.meta.dirname, "requirements.txt");
/** Otherwise downloaded from a server of DuckDB's when the first request comes. */
const EXTENSIONS = ["icu", "ducklake", "spatial"];
const IS_PYTHON_3_13 = "import sys, venv; sys.exit(sys.version_info[:2] != (3, 13))";

/**
 * A folder with a virtual environment of Python (`bin/python`) and a home of the server's own (`home`) that holds the
 * database's extensions; installed where it is not yet, half a gigabyte.
 * @throws {Error} that says what to install
 */
export function findLocalBigQuery(): string {
  const version = createHash("sha256").update(readFileSync(REQUIREMENTS)).digest("hex").slice(0, 12);
  return provideOnce(`local-bigquery-${version}`, install);
}

function install(folder: string): void {
  const python = join(folder, "bin/python");
  if (!succeeds(findPython(), ["-m", "venv", "--clear", folder])) {
    throw new Error("No virtual environment of Python 3.13 could be made. Look above for what it said.");
  }
  const pip = ["-m", "pip", "install", "--disable-pip-version-check", "--quiet", "--only-binary", ":all:"];
  if (!succeeds(python, [...pip, "--requirement", REQUIREMENTS])) {
    throw new Error(`local-bigquery could not be installed from PyPI (${REQUIREMENTS}). Look above for what pip said.`);
  }
  const home = join(folder, "home");
  mkdirSync(home);
  const load = `import duckdb_extensions as d; [d.import_extension(name) for name in ${JSON.stringify(EXTENSIONS)}]`;
  if (!succeeds(python, ["-c", load], { ...process.env, HOME: home })) {
    throw new Error("The extensions of local-bigquery's database could not be loaded. Look above for what it said.");
  }
}

/** The only version of Python that the package runs on. */
function findPython(): string {
  const given = process.env["PYTHON_3_13"] ?? "";
  // HOME may be another one, as in a build that is kept apart.
  const roots = [process.env["PYENV_ROOT"] ?? "", join(homedir(), ".pyenv"), join(userInfo().homedir, ".pyenv")];
  const pyenv = roots
    .filter((root) => root !== "")
    .flatMap((root) => globSync(join(root, "versions/3.13.*/bin/python3.13")));
  const isRight = (python: string) => python !== "" && printed(python, ["-c", IS_PYTHON_3_13]) !== null;
  const found = [given, "python3.13", "python3", ...pyenv].find(isRight);
  if (found !== undefined) return found;
  if (installByApt() && isRight("python3.13")) return "python3.13";
  throw new Error(
    "local-bigquery runs on Python 3.13, which was not found. Install it with venv (Debian 13: apt-get install python3-venv; " +
      "pyenv install 3.13), or set PYTHON_3_13 to its executable.",
  );
}

function installByApt(): boolean {
  if (process.getuid?.() !== 0) return false;
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  succeeds("apt-get", ["update", "-qq"], env);
  const packages = ["python3.13", "python3.13-venv"];
  return succeeds("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...packages], env);
}
