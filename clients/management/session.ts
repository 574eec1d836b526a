/** The tokens of a person who is signed in, and their renewal: one at a time, since a refresh token that is used twice ends every session. */
export interface TokenPair {
  access_token: string;
  refresh_token: string;
}

/** Where the tokens are kept. */
export interface Session {
  /** Null when nobody is signed in. */
  read(): TokenPair | null;
  /** Called with each new pair before it is used, and with null when the session has ended. */
  write(tokens: TokenPair | null): void;
  /** Where several tabs share the tokens: does the work while no other tab does, as `navigator.locks.request` can. */
  lock?(work: () => Promise<boolean>): Promise<boolean>;
}

/** Keeps the tokens as long as the page or the process lives. */
export function memorySession(tokens: TokenPair | null = null): Session {
  let kept = tokens;
  return {
    read: () => kept,
    write: (pair) => void (kept = pair),
  };
}

/** What came of asking for new tokens: `ended` when the refresh token is not taken any more, `failed` when nobody knows. */
export type Renewal = TokenPair | "ended" | "failed";

/**
 * @param renew asks the server
 * @returns what to call when an access token was refused: whether there is another one now
 */
export function singleRenewal(
  session: Session,
  renew: (refreshToken: string) => Promise<Renewal>,
): (refused: string) => Promise<boolean> {
  let underWay: Promise<boolean> | null = null;
  const renewNow = async (refused: string): Promise<boolean> => {
    const tokens = session.read();
    // Another one was faster, in this tab or in another.
    if (tokens === null || tokens.access_token !== refused) return tokens !== null;
    const { refresh_token: refreshToken } = tokens;
    const renewal = await renew(refreshToken);
    if (renewal === "failed") return false;
    // Whoever signed in or out meanwhile has the last word.
    if (session.read()?.refresh_token !== refreshToken) return session.read() !== null;
    session.write(renewal === "ended" ? null : renewal);
    return renewal !== "ended";
  };
  return (refused) => {
    const { lock = (work) => work() } = session;
    underWay ??= lock(() => renewNow(refused)).finally(() => (underWay = null));
    return underWay;
  };
}
