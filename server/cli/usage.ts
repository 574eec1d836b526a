/** How the command line is used. */

/** The command was written wrongly: exit code 2. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "UsageError";
  }
}

export const USAGE = `Usage: npm run --silent signal -- <command> [options]

  start [--discard-waiting]      run the server (npm start does the same)
  check [file]                   check a signal.yaml: every fault with its line and the cure
  status                         what became of the events, by integration
  dlq list <integration>         dead letters        [--reason r] [--event e] [--state s] [--from t] [--to t] [--limit n] [--cursor c]
  dlq show <id>                  one dead letter, whole
  dlq replay <integration>       send them again     [--id dl_… …] [filters as above] [--remap] [--dry-run]
  dlq discard <integration>      give them up        [--id dl_… …] [filters as above] [--dry-run]
  dlq export <integration>       all of them         [--format ndjson|csv] [filters as above]

  --json   JSON alone on standard output (every command)

Exit codes: 0 ok, 1 a fault was found, 2 wrong usage, 3 no server answers.
The data folder is SIGNAL_DATA_DIR (./.signal), the configuration SIGNAL_CONFIG (./signal.yaml).`;
