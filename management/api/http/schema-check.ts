/** Checks values against the schemas of routes as they are: nothing is coerced, filled in or taken out. */
import { Ajv, type ValidateFunction } from "ajv";
import type { TSchema } from "typebox";
import { explainFaults } from "./explain-faults.ts";
import type { FaultDetail } from "./route.ts";

/** @returns every fault, none when it fits; `path` comes before each fault's own */
export type SchemaCheck = (value: unknown, path?: string) => FaultDetail[];

/** Above this size a value's first fault is enough: a list of a hundred thousand would be one of as many faults. */
const ALL_FAULTS_BELOW = 5_000;

const RFC_3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;
const E_MAIL = /^[^\s@"(),:;<>[\]\\]{1,64}@[^\s@"(),:;<>[\]\\]{1,190}$/;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const FORMATS: Readonly<Record<string, (text: string) => boolean>> = {
  "date-time": (text) => isDateTime(text),
  date: (text) => /^\d{4}-\d\d-\d\d$/.test(text) && isDateTime(`${text}T00:00:00Z`),
  email: (text) => E_MAIL.test(text),
  uri: (text) => URL.canParse(text),
  uuid: (text) => UUID.test(text),
};

/** Schemas compile once; a new one for each application, so that nothing is kept of those that are gone. */
export function openSchemaChecks(): (schema: TSchema) => SchemaCheck {
  const options = { strict: true, strictTypes: false, strictTuples: false, verbose: true, formats: FORMATS } as const;
  const all = new Ajv({ ...options, allErrors: true });
  const first = new Ajv(options);
  return (schema) => {
    const [checkAll, checkFirst] = [all.compile(schema), lazily(() => first.compile(schema))];
    return (value, path = "") => {
      const check = isLarge(value) ? checkFirst() : checkAll;
      if (check(value)) return [];
      return explainFaults(check.errors ?? [], value, path);
    };
  };
}

function lazily(make: () => ValidateFunction): () => ValidateFunction {
  let made: ValidateFunction | undefined;
  return () => (made ??= make());
}

/** Whether it has more parts than `ALL_FAULTS_BELOW`. */
function isLarge(value: unknown): boolean {
  const waiting: unknown[] = [value];
  let parts = 0;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (typeof next !== "object" || next === null) continue;
    const members: unknown[] = Object.values(next);
    parts += members.length;
    if (parts > ALL_FAULTS_BELOW) return true;
    waiting.push(...members);
  }
  return false;
}

/** RFC 3339, days that there are only; a leap second is none. */
function isDateTime(text: string): boolean {
  const [, year = "", month = "", day = ""] = RFC_3339.exec(text) ?? [];
  if (year === "" || Number.isNaN(Date.parse(text))) return false;
  return new Date(Date.UTC(Number(year), Number(month) - 1, Number(day))).getUTCDate() === Number(day);
}
