/** How requests prove who sends them, as data. */
import Type, { type Static } from "typebox";
import { HeaderName, STRICT, Template } from "./schema-parts.ts";

const TokenUrl = Template("Where tokens are had: the whole URL.");

const None = Type.Object(
  { kind: Type.Literal("none") },
  { ...STRICT, description: "Nothing, or a key that stands in the body." },
);

const Bearer = Type.Object(
  { kind: Type.Literal("bearer"), token: Template("The token, as in {{secret.access_token}}.") },
  { ...STRICT, description: "Authorization: Bearer." },
);

const Basic = Type.Object(
  {
    kind: Type.Literal("basic"),
    username: Template("The user, often the key itself."),
    password: Type.Optional(Template("The password; empty when left out.")),
  },
  { ...STRICT, description: "Authorization: Basic." },
);

const Header = Type.Object(
  {
    kind: Type.Literal("header"),
    name: HeaderName("That carries the key."),
    value: Template("As in {{secret.api_key}}."),
  },
  { ...STRICT, description: "A key in a header of its own." },
);

const Query = Type.Object(
  {
    kind: Type.Literal("query"),
    name: Type.String({ minLength: 1, maxLength: 200, description: "The query parameter that carries the key." }),
    value: Template("As in {{secret.api_key}}."),
  },
  { ...STRICT, description: "A key in the query. It stands in URLs: prefer a header where the vendor takes one." },
);

/** How every token is sent, and what else is asked for with it. */
const TOKEN = {
  token_url: TokenUrl,
  scope: Type.Optional(Type.String({ maxLength: 2000, description: "Separated by spaces." })),
  extra: Type.Optional(
    Type.Record(Type.String(), Template("The value; left out where it comes out empty."), {
      description: "Further fields of the token request, as in audience.",
    }),
  ),
  header: Type.Optional(HeaderName("That carries the token; Authorization when left out.")),
  prefix: Type.Optional(
    Type.String({ maxLength: 100, description: "Before the token; Bearer and a space when left out." }),
  ),
};

const CLIENT = {
  client_id: Template("As in {{config.client_id}}."),
  client_auth: Type.Optional(
    Type.Enum(["body", "basic"], { default: "body", description: "Where id and secret stand in the token request." }),
  ),
};

const ClientCredentials = Type.Object(
  {
    kind: Type.Literal("oauth2_client_credentials"),
    ...TOKEN,
    ...CLIENT,
    client_secret: Template("As in {{secret.client_secret}}."),
  },
  { ...STRICT, description: "OAuth 2.0 client credentials (RFC 6749, 4.4)." },
);

const RefreshToken = Type.Object(
  {
    kind: Type.Literal("oauth2_refresh_token"),
    ...TOKEN,
    ...CLIENT,
    client_secret: Type.Optional(Template("As in {{secret.client_secret}}; public clients have none.")),
    refresh_token: Template("As in {{secret.refresh_token}}."),
  },
  {
    ...STRICT,
    description: "OAuth 2.0 refresh token (RFC 6749, 6). A refresh token that the vendor replaces is not followed.",
  },
);

const ServiceAccount = Type.Object(
  {
    kind: Type.Literal("service_account"),
    ...TOKEN,
    key: Template(
      "The key file's JSON text, as in {{secret.service_account_json}}: client_email, private_key, private_key_id.",
    ),
    audience: Type.Optional(Template("Of the assertion; token_url when left out.")),
    subject: Type.Optional(Template("The user that the account acts for.")),
  },
  { ...STRICT, description: "A signed assertion for a token (RFC 7523), as Google's service accounts have it." },
);

const AwsSignature = Type.Object(
  {
    kind: Type.Literal("aws_sigv4"),
    service: Type.String({ minLength: 1, maxLength: 100, description: "As in s3, kinesis, firehose." }),
    region: Template("As in {{config.region}}."),
    access_key_id: Template("As in {{config.access_key_id}}."),
    secret_access_key: Template("As in {{secret.secret_access_key}}."),
    session_token: Type.Optional(Template("Of temporary credentials.")),
  },
  { ...STRICT, description: "AWS Signature Version 4." },
);

export const AuthSchema = Type.Union(
  [None, Bearer, Basic, Header, Query, ClientCredentials, RefreshToken, ServiceAccount, AwsSignature],
  { description: "How requests prove who sends them; none when left out." },
);

export type AuthSpec = Static<typeof AuthSchema>;
type AuthKind = AuthSpec["kind"];
export type AuthOf<Kind extends AuthKind> = Extract<AuthSpec, { kind: Kind }>;
