/** Whether the caller may do what a route does, and if not, who may. */
import { permissionsOf, rolesWith } from "../access/permissions.ts";
import { type Caller, type Fault, fault, type RouteFacts } from "./route.ts";

export function refuseForbidden({ access }: RouteFacts, caller: Caller): Fault | null {
  if (access === "public" || access === "signed_in" || caller.permissions.has(access)) return null;
  if (caller.tokenId !== null && caller.role !== null && permissionsOf(caller.role).has(access)) {
    return fault(
      "FORBIDDEN",
      `This needs the scope ${access}, which the API token does not have. Make one that has it.`,
    );
  }
  const roles = rolesWith(access).join(", ");
  return fault(
    "FORBIDDEN",
    `This needs the permission ${access}, which these roles have: ${roles}. Ask an administrator.`,
  );
}
