/** Where the ids of an answer lead: from what was made or listed to the operations on it. */
import {
  type LinkObject,
  type OpenApiDocument,
  type OperationObject,
  referredName,
  type SchemaObject,
} from "./document.ts";

/** Where one object of a kind is addressed. */
interface Address {
  /** As in `/pipelines/{id}`. */
  path: string;
  /** The last parameter of the path, and what it is called in the object. */
  parameter: string;
  property: string;
}

type Paths = OpenApiDocument["paths"];
type Schemas = OpenApiDocument["components"]["schemas"];

/** Adds links to the answers of what makes and lists objects that have an address. */
export function addLinks(paths: Paths, schemas: Schemas): void {
  const addresses = addressesOf(paths, schemas);
  for (const [path, operations] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      if (method !== "get" && method !== "post") continue;
      const links = [...idsOf(operation, schemas)].flatMap(([kind, pointer]) => {
        const address = addresses.get(kind);
        return address === undefined ? [] : linksTo(paths, address, { path, pointer, operation });
      });
      const answer = answerOf(operation);
      if (answer !== undefined && links.length > 0) answer.links = Object.fromEntries(links);
    }
  }
}

function addressesOf(paths: Paths, schemas: Schemas): Map<string, Address> {
  const addresses = new Map<string, Address>();
  for (const [path, { get }] of Object.entries(paths)) {
    const parameter = /\{(\w+)\}$/.exec(path)?.[1];
    const kind = get === undefined ? null : referredName(schemaOf(get));
    if (parameter === undefined || kind === null) continue;
    const { properties = {} } = schemas[kind] ?? {};
    const property = [parameter, "id"].find((name) => properties[name] !== undefined);
    if (property !== undefined) addresses.set(kind, { path, parameter, property });
  }
  return addresses;
}

/** By kind, where in the answer one stands: the answer itself, the first of a list, or one of its fields. Signing in is no way to an account's address. */
function idsOf(operation: OperationObject, schemas: Schemas): Map<string, string> {
  const ids = new Map<string, string>();
  if (operation["x-access"] === "public") return ids;
  const schema = schemaOf(operation);
  const whole = referredName(schema);
  if (whole !== null) ids.set(whole, "");
  for (const [name, one] of Object.entries((whole === null ? schema : schemas[whole])?.properties ?? {})) {
    const [field, item] = [referredName(one), referredName(one.items ?? {})];
    if (field !== null) ids.set(field, `/${name}`);
    if (item !== null && name === "data") ids.set(item, "/data/0");
  }
  return ids;
}

/** The operations on the object, and on what is below it and needs no other id. */
function linksTo(
  paths: Paths,
  { path, parameter, property }: Address,
  from: { path: string; pointer: string; operation: OperationObject },
): [string, LinkObject][] {
  const known = new Set(namesIn(from.path));
  return Object.entries(paths).flatMap(([target, operations]) => {
    const names = namesIn(target).filter((name) => name !== parameter);
    const isBelow = target === path || target.startsWith(`${path}/`);
    if (!isBelow || !names.every((name) => known.has(name))) return [];
    const parameters = {
      ...Object.fromEntries(names.map((name) => [name, `$request.path.${name}`])),
      [parameter]: `$response.body#${from.pointer}/${property}`,
    };
    const others = Object.values(operations).filter((one) => one !== from.operation);
    return others.map(({ operationId }): [string, LinkObject] => [operationId, { operationId, parameters }]);
  });
}

function namesIn(path: string): string[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
}

function schemaOf(operation: OperationObject): SchemaObject {
  return answerOf(operation)?.content?.["application/json"]?.schema ?? {};
}

/** The first answer that is no error. */
function answerOf({ responses }: OperationObject) {
  const answer = Object.entries(responses).find(([status]) => status.startsWith("2"))?.[1];
  return answer === undefined || "$ref" in answer ? undefined : answer;
}
