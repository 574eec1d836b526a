/** How the command line is used: one table of commands, from which the overview and each command's help come. */
import { nearest } from "@datafly-signal/core";

/** The command was written wrongly: exit code 2. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "UsageError";
  }
}

/** What the command was given is wrong, not how it was called: exit code 2 without the help. */
export class InputError extends UsageError {}

interface CommandHelp {
  /** What stands after the command's name. */
  synopsis: string;
  summary: string;
  /** Options and remarks, line by line. */
  details: readonly string[];
}

const DLQ_FILTERS = [
  "--reason <r>       retries_exhausted, rejected, misconfigured, mapping_failed, … (see docs/errors.md)",
  "--event <name>     the event's name, exactly",
  "--state <s>        open, replaying, replayed or discarded",
  "--from <t>         given up at or after this time, as in 2026-11-21T09:00:00Z",
  "--to <t>           given up before this time",
  "--id <dl_…>        only this one; may be repeated",
];

const COMMANDS: Readonly<Record<string, CommandHelp>> = {
  start: {
    synopsis: "[--discard-waiting]",
    summary: "run the server (npm start does the same)",
    details: [
      "--discard-waiting  lets integrations leave signal.yaml although deliveries wait for them; those become dead letters",
    ],
  },
  check: {
    synopsis: "[file]",
    summary: "check a signal.yaml: every fault with its line and the cure",
    details: ["Without a file it checks SIGNAL_CONFIG. Needs no server."],
  },
  config: {
    synopsis: "export|diff|apply …",
    summary: "the configuration of the running server as a file",
    details: [
      "config export               as signal.yaml, to standard output; secrets are variables [--output file]",
      "config diff <file>          what applying it would change; - reads standard input [--exit-code: 1 if anything]",
      "config apply <file>         all of it or nothing [--dry-run: as diff]",
      "",
      "--prune            also removes what the file does not name, but for what belongs to the server's own signal.yaml",
      "--discard-waiting  gives up the deliveries that wait for what is removed; they become dead letters",
      "${NAME} in the file comes from the environment of this command; mapping_file is relative to the file.",
      "Variables of an export that are not set keep the secrets that are there. Exit code 1 when the file has faults.",
    ],
  },
  status: {
    synopsis: "",
    summary: "what became of the events, by integration",
    details: ["Shows the last refused requests, and a changed configuration that is refused, too."],
  },
  tail: {
    synopsis: "[--pipeline p] [--integration i] [--event name] [--user id] [--failed] [--limit n]",
    summary: "events as they come in, and what becomes of them; until Ctrl-C",
    details: [
      "--pipeline <p>     only this pipeline, by name or id",
      "--integration <i>  only events that go to this integration, by name or id",
      "--event <name>     only events of this name or type, in any case",
      "--user <id>        only this userId or anonymousId",
      "--failed           only what failed: refused, retried, given up or set aside",
      "--limit <n>        end after this many lines",
      "--json             one JSON object a line; kind is start, event, outcome, rejected or skipped",
    ],
  },
  send: {
    synopsis: "<integration> [--event name|file.json|-] [--pipeline p] [--timeout seconds]",
    summary: "send a test event through one integration, really, and show its way",
    details: [
      "--event <name>     a sample of the catalogue, as purchase, Product Added, page or identify",
      "--event <file>     an event of your own, as JSON; - reads it from standard input",
      "--pipeline <p>     the pipeline, if the integration is in several; else the first where it is enabled",
      "--timeout <s>      how long to wait for the outcome; 30 unless given",
      "The vendor gets it: use its test mode, or a test integration. Exit code 0 when it was delivered.",
    ],
  },
  dlq: {
    synopsis: "list|show|replay|discard|export|events …",
    summary: "dead letters: what was given up, and events that were set aside",
    details: [
      "dlq list <integration>      [--limit n] [--cursor c] [filters]",
      "dlq show <dl_…>             one of them, whole",
      "dlq replay <integration>    send them again [--remap: mapped anew] [--dry-run] [filters]",
      "dlq discard <integration>   give them up [--dry-run] [filters]",
      "dlq export <integration>    all of them [--format ndjson|csv] [filters]",
      "",
      "Filters:",
      ...DLQ_FILTERS,
      "",
      "Events that became no delivery at all (a schema they do not fit, a pipeline that was removed):",
      "dlq events                            newest first [--limit n] [--cursor c] [filters]",
      "dlq events show <position|messageId>  one of them, whole",
      "dlq events replay                     send them again, when the cause is mended [--dry-run] [filters]",
      "dlq events export                     all of them as NDJSON, oldest first [filters]",
      "",
      "Filters of events:",
      "--error <e>        schema_validation_failed, pipeline_deleted, … (see docs/errors.md)",
      "--event <name>     the event's name or type, exactly",
      "--pipeline <p>     of this pipeline, by name or id",
      "--state <s>        open or replayed",
      "--from <t>         set aside at or after this time; --to <t> before this time",
      "--id <messageId>   only this one",
    ],
  },
  preview: {
    synopsis: "--mapping file [--event name|file.json|-] [--param KEY=value] [--vendor key]",
    summary: "what a mapping makes of an event, step by step, as JSON",
    details: [
      "--mapping <file>   a mapping, YAML or JSON; - reads it from standard input",
      "--event <name>     a sample of the catalogue, as purchase, Product Added, page or identify; purchase unless given",
      "--event <file>     an event of your own, as JSON, as a client sends it; - reads it from standard input",
      "--param KEY=value  a parameter of the pipeline; may be repeated",
      "--vendor <key>     check the payload against this vendor's fields, and count those that the mapping fills",
      "Needs no server and sends nothing. Exit code 1 when the mapping has faults.",
    ],
  },
  vendor: {
    synopsis: "list|request|outcome …",
    summary: "the catalogue, the requests that a vendor would get, and what its answers mean",
    details: [
      "vendor list [words]               the catalogue",
      "vendor request <key>              the requests that an install would send, as JSON: [{method, url, headers, body}]",
      "  --config <file>                 the settings by their fields, secrets among them, as the install call takes them",
      "  --events <file>                 an event, a list of events or a batch, as clients send them; - is standard input",
      "  --variant, --blueprint <key>    as in the install; --mapping <file> is a mapping of your own instead",
      "  --now <time>                    the clock, as in 2026-02-25T14:30:00Z; --token <text> what stands for a vendor's token",
      "  --param KEY=value               a parameter of the pipeline; may be repeated",
      "  --redact                        takes the secrets out",
      "vendor outcome <key>              what an answer means, as JSON: [{index, outcome, reason}]",
      "  --response <file>               {status, headers, body} of the answer; - is standard input",
      "  --events <n|file>               how many events were sent, or which",
      "  --config <file>                 settings that change what answers mean; else examples are taken",
      "Needs no server and sends nothing. What would not be sent is said on standard error. Exit code 1 for wrong settings.",
    ],
  },
  doctor: {
    synopsis: "",
    summary: "look for what is wrong: ports, disk, data folder, configuration, vendors",
    details: [
      "Each finding has its cure. Needs no server, and asks the one that runs. Exit code 1 when a fault is found.",
    ],
  },
  "reset-password": {
    synopsis: "<e-mail>",
    summary: "let somebody in again: a password for one sign-in",
    details: [
      "Asks the running server, or opens the database itself. Ends the account's sessions and its lock.",
      "It is printed once, and has to be changed after signing in.",
    ],
  },
  secrets: {
    synopsis: "status|rotate",
    summary: "under which key secrets are sealed, and sealing them anew",
    details: [
      "secrets status     how many are sealed with the current key, and with the previous one",
      "secrets rotate     seals all with the current key (ENCRYPTION_KEY); ENCRYPTION_KEY_PREVIOUS opens the others",
      "It says when the previous key is not needed any more. Exit code 1 when a secret cannot be opened.",
    ],
  },
  backup: {
    synopsis: "<folder>",
    summary: "copy the whole data folder while the server runs",
    details: ["The folder is made; nothing is overwritten. It holds keys: keep it as safe as the data folder."],
  },
  restore: {
    synopsis: "<folder> [--data-dir d]",
    summary: "make a data folder from a backup",
    details: [
      "--data-dir <d>     where to; SIGNAL_DATA_DIR unless given. It must be empty or not exist. Needs no server.",
    ],
  },
};

const COMMON = "--json   JSON alone on standard output (every command)";
const RUN = "npm run --silent signal --";

export const USAGE = [
  `Usage: ${RUN} <command> [options]`,
  "",
  ...Object.entries(COMMANDS).map(([name, { synopsis, summary }]) => {
    const short = synopsis.length > 24 ? shortened(synopsis) : synopsis;
    return `  ${`${name} ${short}`.padEnd(32)} ${summary}`;
  }),
  "",
  "  help <command>, <command> --help the command's options",
  "  --version                        the version",
  `  ${COMMON}`,
  "",
  "Exit codes: 0 ok, 1 a fault was found, 2 wrong usage, 3 no server answers.",
  "The data folder is SIGNAL_DATA_DIR (./.signal), the configuration SIGNAL_CONFIG (./signal.yaml).",
].join("\n");

/** The first word, where it stands for itself. */
function shortened(synopsis: string): string {
  const first = synopsis.split(" ")[0] ?? "";
  if (first.startsWith("[")) return "[options]";
  return first.includes("|") ? "…" : `${first} …`;
}

/** The help of one command; undefined when there is none of that name. */
export function commandHelp(command: string): string | undefined {
  const help = Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined;
  if (help === undefined) return undefined;
  const lines = [`Usage: ${RUN} ${command} ${help.synopsis}`.trimEnd(), "", capitalised(help.summary)];
  const common = help.details.some((line) => line.startsWith("--json")) ? [] : [COMMON];
  return [...lines, "", ...[...help.details, ...common].map((line) => (line === "" ? "" : `  ${line}`))].join("\n");
}

/** What to say of a command that there is not. */
export function unknownCommand(command: string): string {
  const near = nearest(command, [...Object.keys(COMMANDS), "help"]);
  return `There is no command ${command}.${near === undefined ? "" : ` Did you mean ${near}?`}`;
}

function capitalised(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
