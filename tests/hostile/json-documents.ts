/** Whole bodies, good and bad, where an event is expected. `ID` stands for the event's messageId. */
import { type Bytes } from "./wire.ts";

export interface DocumentCase {
  name: string;
  body: Bytes;
  /** What is answered. */
  label: string;
}

export const ID = "@id@";
const EVENT = `{"type":"track","event":"D","messageId":"${ID}"}`;
const ok = (name: string, body: Bytes): DocumentCase => ({ name, body, label: "200" });
const json = (name: string, body: Bytes): DocumentCase => ({ name, body, label: "400 invalid_json" });
const event = (name: string, body: Bytes): DocumentCase => ({ name, body, label: "400 invalid_event" });
const mark = (bytes: number[], text: string, encoding: BufferEncoding): Buffer =>
  Buffer.concat([Buffer.from(bytes), Buffer.from(text, encoding)]);
const nested = (levels: number, open = "[", close = "]"): string => open.repeat(levels) + close.repeat(levels);
const withProperty = (value: string): string =>
  `{"type":"track","event":"D","messageId":"${ID}","properties":{"v":${value}}}`;

export const DOCUMENTS: readonly DocumentCase[] = [
  ok("plain", EVENT),
  ok("space_around", `\r\n\t ${EVENT} \r\n\t`),
  ok("byte_order_mark", mark([0xef, 0xbb, 0xbf], EVENT, "utf8")),
  ok("fields_in_capitals_stay_fields", `{"TYPE":1,"Event":[],${EVENT.slice(1)}`),
  ok("type_last_of_three", `{"type":"page","type":7,${EVENT.slice(1)}`),
  ok("a_hundred_levels", withProperty(nested(98))),
  ok("a_hundred_levels_of_objects", withProperty('{"a":'.repeat(98) + "1" + "}".repeat(98))),
  json("nothing", ""),
  json("space", " \r\n"),
  json("only_byte_order_mark", Buffer.from([0xef, 0xbb, 0xbf])),
  json("two_byte_order_marks", mark([0xef, 0xbb, 0xbf, 0xef, 0xbb, 0xbf], EVENT, "utf8")),
  json("utf16_little", mark([0xff, 0xfe], EVENT, "utf16le")),
  json("utf16_without_mark", mark([], EVENT, "utf16le")),
  json("utf32", Buffer.from([...EVENT].flatMap((letter) => [letter.charCodeAt(0), 0, 0, 0]))),
  json("nul", Buffer.alloc(1)),
  json("nuls", Buffer.alloc(1_024)),
  json("nul_after", `${EVENT}\u0000`),
  json("cut_off", EVENT.slice(0, -1)),
  json("cut_in_a_text", EVENT.slice(0, 25)),
  json("open_brace", "{"),
  json("open_braces", "{".repeat(100_000)),
  json("open_brackets", "[".repeat(1_000_000)),
  json("open_objects", '{"a":'.repeat(100_000)),
  json("close_brace", "}"),
  json("two_events", EVENT + EVENT),
  json("two_events_in_lines", `${EVENT}\n${EVENT}\n`),
  json("record_separators", `\u001e${EVENT}\n`),
  json("comma_after", `${EVENT},`),
  json("letter_after", `${EVENT}x`),
  json("comment_before", `/* a */${EVENT}`),
  json("comment_after", `${EVENT}// a`),
  json("guard_before", `)]}',\n${EVENT}`),
  json("callback", `callback(${EVENT});`),
  json("form", `data=${encodeURIComponent(EVENT)}`),
  json("percent_encoded", encodeURIComponent(EVENT)),
  json("base64", Buffer.from(EVENT).toString("base64")),
  json("multipart", `--b\r\nContent-Disposition: form-data; name="e"\r\n\r\n${EVENT}\r\n--b--\r\n`),
  json("markup", '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'),
  json("yaml", "type: track\nevent: D\n"),
  json("single_quotes", EVENT.replaceAll('"', "'")),
  json("bare_keys", "{type:'track'}"),
  json("picture", Buffer.from("89504e470d0a1a0a0000000d49484452", "hex")),
  json("archive", Buffer.from("504b0304140000000000", "hex")),
  json("gzip_without_saying_so", Buffer.from("1f8b08000000000000000300", "hex")),
  json("all_bytes", Buffer.from(Array.from({ length: 256 }, (_, index) => index))),
  event("null", "null"),
  event("true", "true"),
  event("number", "7"),
  event("text", '"track"'),
  event("list", `[${EVENT}]`),
  event("empty_list", "[]"),
  event("empty_object", "{}"),
  event("a_hundred_and_one_levels", withProperty(nested(99))),
  event("a_hundred_and_twenty_seven_levels", withProperty(nested(125))),
  event("fifty_thousand_levels", withProperty(nested(50_000))),
  event("half_a_million_levels", withProperty(nested(500_000))),
  event("hundred_thousand_objects", withProperty('{"a":'.repeat(100_000) + "1" + "}".repeat(100_000))),
  event("levels_in_context", `{"context":${nested(100)},${EVENT.slice(1)}`),
  event("levels_under_a_proto_key", `{"x":{"__proto__x":${nested(100)}},${EVENT.slice(1)}`),
];
