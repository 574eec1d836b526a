declare module "spdx-expression-parse" {
  type License = { readonly license: string; readonly plus?: true; readonly exception?: string };
  type Expression =
    | License
    | { readonly conjunction: "and" | "or"; readonly left: Expression; readonly right: Expression };

  /** Throws when the text is not an SPDX licence expression. */
  export default function parse(text: string): Expression;
}
