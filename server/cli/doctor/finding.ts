/** What a check of `signal doctor` has found. */

export interface Finding {
  /** What was looked at, in a word or two. */
  check: string;
  level: "ok" | "warning" | "fault";
  message: string;
  /** What to do; with every warning and fault. */
  cure?: string;
}

export function fine(check: string, message: string): Finding {
  return { check, level: "ok", message };
}

export function warning(check: string, message: string, cure: string): Finding {
  return { check, level: "warning", message, cure };
}

export function fault(check: string, message: string, cure: string): Finding {
  return { check, level: "fault", message, cure };
}
