/** The tokens that this worker's requests carry, by key: shared over lanes and integrations, and kept nowhere but here. */
import { type HeldToken, TokenCell, type TokenTools, type TokenUser } from "./token-cell.ts";

/** A lane's share in a token. */
export interface TokenLease {
  readonly cell: TokenCell;
  readonly user: TokenUser;
  /** The token to send with. @param now monotonic clock */
  take(now: number): CarriedToken | null;
  /** It is not used any more; the last one to say so takes the token with it. */
  release(): void;
}

/** A token as requests carry it, and where it is from. */
export interface CarriedToken {
  readonly cell: TokenCell;
  readonly held: HeldToken;
  /** What must not be seen of a request that carries it: the plan's secrets, and itself. */
  readonly hidden: readonly string[];
}

export interface VendorTokens {
  /** @param user its plan has a `token` */
  use(user: TokenUser): TokenLease;
  /** Keys that are in use. */
  readonly size: number;
  /** Nothing is asked for any more, and all tokens are forgotten. */
  close(): void;
}

export function openVendorTokens(tools: TokenTools): VendorTokens {
  const cells = new Map<string, TokenCell>();
  let closed = false;

  function use(user: TokenUser): TokenLease {
    const key = user.plan.plan.token?.key ?? "";
    const cell = cells.get(key) ?? new TokenCell(tools);
    if (closed) cell.close();
    else cells.set(key, cell);
    cell.users.add(user);
    cell.hope();
    return { cell, user, take: taker(cell, user), release: () => release(key, cell, user) };
  }

  function release(key: string, cell: TokenCell, user: TokenUser): void {
    cell.users.delete(user);
    if (cell.users.size > 0) return;
    cell.close();
    if (cells.get(key) === cell) cells.delete(key);
  }

  return {
    use,
    get size() {
      return cells.size;
    },
    close() {
      closed = true;
      for (const cell of cells.values()) cell.close();
      cells.clear();
    },
  };
}

/** One object for a token, however often it is taken: what is worked out of its secrets is kept by their list. */
function taker(cell: TokenCell, { plan }: TokenUser): TokenLease["take"] {
  let last: CarriedToken | null = null;
  return (now) => {
    const held = cell.take(now);
    if (held === null) return null;
    if (last?.held !== held) last = { cell, held, hidden: [...plan.secrets, held.value] };
    return last;
  };
}
