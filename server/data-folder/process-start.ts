/** When a process started, as the system tells it: a process id that was given anew has another. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** From /proc on Linux (field 22 of stat and the boot id), from `ps` elsewhere; null when it cannot be told. */
export function processStart(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return `${boot}/${stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? ""}`;
  } catch {
    return startFromPs(pid);
  }
}

function startFromPs(pid: number): string | null {
  try {
    const answer = execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { stdio: ["ignore", "pipe", "ignore"] });
    return answer.toString("utf8").trim() || null;
  } catch {
    return null;
  }
}
