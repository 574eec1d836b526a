/** Messages as the APIs of Google read them from JSON: a name or a type that the message does not have refuses the request. */
import { type JsonRecord, isRecord } from "../strict.ts";

/** What a plain field must be; a list of words is an enum, `any` is not looked into. */
type FieldType = "text" | "texts" | "number" | "boolean" | "any" | readonly string[];

/** Names that a message has, and the messages within it. */
export interface Shape {
  names: readonly string[];
  /** Of plain fields; those not named here are texts. */
  types?: Readonly<Record<string, FieldType>>;
  within?: Readonly<Record<string, Shape>>;
  /** Stands in a list. */
  isList?: true;
}

/** `type` is as the vendor names it: `TYPE_STRING`, `TYPE_DOUBLE`, … */
export type ShapeFault =
  | { kind: "name"; name: string; at: string }
  | { kind: "value"; at: string; type: string; value: unknown };

type Read<T> = { value: T } | { fault: ShapeFault };

/** The message with names in camel case and without nulls, which are as if not sent; or the first fault in the order of the text. */
export function readMessage(value: JsonRecord, shape: Shape, at = ""): Read<JsonRecord> {
  const message: JsonRecord = {};
  for (const [name, inner] of Object.entries(value)) {
    const camel = name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
    if (!shape.names.includes(camel)) return { fault: { kind: "name", name, at } };
    if (inner === null) continue;
    const path = at === "" ? name : `${at}.${name}`;
    const innerShape = shape.within?.[camel];
    const read =
      innerShape === undefined
        ? readField(inner, shape.types?.[camel] ?? "text", path)
        : readInner(inner, innerShape, path);
    if ("fault" in read) return read;
    message[camel] = read.value;
  }
  return { value: message };
}

function wrong(at: string, type: string, value: unknown): { fault: ShapeFault } {
  return { fault: { kind: "value", at, type, value } };
}

function readInner(inner: unknown, shape: Shape, path: string): Read<unknown> {
  if (shape.isList !== true)
    return isRecord(inner) ? readMessage(inner, shape, path) : wrong(path, "TYPE_MESSAGE", inner);
  if (!Array.isArray(inner)) return wrong(path, "TYPE_MESSAGE", inner);
  const messages: JsonRecord[] = [];
  for (const [index, one] of (inner as unknown[]).entries()) {
    const at = `${path}[${index}]`;
    const read = isRecord(one) ? readMessage(one, shape, at) : wrong(at, "TYPE_MESSAGE", one);
    if ("fault" in read) return read;
    messages.push(read.value);
  }
  return { value: messages };
}

function readField(value: unknown, type: FieldType, at: string): Read<unknown> {
  const fine = { value };
  if (type === "any") return fine;
  if (type === "text") return typeof value === "string" ? fine : wrong(at, "TYPE_STRING", value);
  if (type === "boolean") return typeof value === "boolean" ? fine : wrong(at, "TYPE_BOOL", value);
  if (type === "texts") {
    const isFine = Array.isArray(value) && value.every((one) => typeof one === "string");
    return isFine ? fine : wrong(at, "TYPE_STRING", value);
  }
  if (type === "number") {
    const isText = typeof value === "string" && value.trim() !== "" && Number.isFinite(Number(value));
    return isText || typeof value === "number" ? fine : wrong(at, "TYPE_DOUBLE", value);
  }
  return type.includes(value as string) ? fine : wrong(at, "TYPE_ENUM", value);
}
