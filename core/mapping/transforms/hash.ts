/** Digests for identifiers: of the UTF-8 bytes, and never of what is a digest already. */
import { hash } from "node:crypto";
import { Type } from "typebox";
import { onText, type TransformDefinition } from "./definition.ts";

const ENCODING = Type.Object(
  {
    encoding: Type.Union([Type.Literal("hex"), Type.Literal("base64")], {
      description: "How the digest is written: hex in lower case (the default) or base64.",
    }),
  },
  { additionalProperties: false },
);

function digest(name: string, bytes: number, examples: TransformDefinition["examples"]): TransformDefinition {
  const hexForm = new RegExp(`^[0-9a-fA-F]{${bytes * 2}}$`);
  const base64Form = new RegExp(`^[A-Za-z0-9+/]{${Math.ceil((bytes * 4) / 3)}}={${(3 - (bytes % 3)) % 3}}$`);
  return onText({
    name,
    family: "hash",
    summary: `The ${name.toUpperCase()} digest of the text; a value that is one already stays it, empty text is missing.`,
    args: ENCODING,
    optional: true,
    examples,
    make: (args) => {
      if ((args?.encoding ?? "hex") === "hex") {
        return (text) => (text === "" ? undefined : hexForm.test(text) ? text.toLowerCase() : hash(name, text, "hex"));
      }
      return (text) => {
        if (text === "" || base64Form.test(text)) return text || undefined;
        // A digest stays that digest; only its form is the one asked for.
        return hexForm.test(text) ? Buffer.from(text, "hex").toString("base64") : hash(name, text, "base64");
      };
    },
  });
}

export const HASH: readonly TransformDefinition[] = [
  digest("sha256", 32, [
    { input: "john_smith@gmail.com", output: "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f" },
    {
      input: "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f",
      output: "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f",
    },
    {
      input: "62A14E44F765419D10FEA99367361A727C12365E2520F32218D505ED9AA0F62F",
      output: "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f",
    },
    { input: 16505551212, output: "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176" },
    { input: "mary", output: "6915771be1c5aa0c886870b6951b03d7eafc121fea0e80a5ea83beb7c449f4ec" },
    { input: "valéry", output: "08e1996b5dd49e62a4b4c010d44e4345592a863bb9f8e3976219bac29417149c" },
    { input: "person@example.com", output: "542d240129883c019e106e3b1b2d3f3cb3537c43c425364de8e951d5a3083345" },
    { input: "", args: { encoding: "hex" } },
    {
      input: "john_smith@gmail.com",
      args: { encoding: "base64" },
      output: "YqFORPdlQZ0Q/qmTZzYacnwSNl4lIPMiGNUF7Zqg9i8=",
    },
    {
      input: "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f",
      args: { encoding: "base64" },
      output: "YqFORPdlQZ0Q/qmTZzYacnwSNl4lIPMiGNUF7Zqg9i8=",
    },
  ]),
  digest("sha1", 20, [
    { input: "jane@example.com", output: "0850a4cffb73cbc53fd33e8990c2184c915ff041" },
    { input: "jane@example.com", args: { encoding: "base64" }, output: "CFCkz/tzy8U/0z6JkMIYTJFf8EE=" },
  ]),
  digest("md5", 16, [
    { input: "jane@example.com", output: "9e26471d35a78862c17e467d87cddedf" },
    { input: "9e26471d35a78862c17e467d87cddedf", output: "9e26471d35a78862c17e467d87cddedf" },
    { input: "jane@example.com", args: { encoding: "base64" }, output: "niZHHTWniGLBfkZ9h83e3w==" },
  ]),
];
