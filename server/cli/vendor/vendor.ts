/** `signal vendor`: what this build says to vendors, without a server and without sending anything. */
import type { Output } from "../output.ts";
import { UsageError } from "../usage.ts";
import { vendorList } from "./vendor-list.ts";
import { vendorOutcome } from "./vendor-outcome.ts";
import { vendorRequest } from "./vendor-request.ts";

export async function vendorCommand(args: string[], output: Output): Promise<number> {
  const [what, ...rest] = args;
  switch (what) {
    case "list":
      return vendorList(rest, output);
    case "request":
      return vendorRequest(rest, output);
    case "outcome":
      return vendorOutcome(rest, output);
    default:
      throw new UsageError("vendor takes list, request or outcome.");
  }
}
