/** The one table of permissions: what each role may do. Scopes of API tokens are permissions by the same names. */
export const ROLES = ["org_admin", "source_admin", "source_editor", "data_governance_admin", "source_viewer"] as const;

export type Role = (typeof ROLES)[number];

const ROLES_BY_PERMISSION = {
  "organisation:read": ["org_admin", "source_admin", "source_editor", "data_governance_admin", "source_viewer"],
  "organisation:write": ["org_admin"],
  /** Users and invitations. */
  "team:read": ["org_admin"],
  "team:write": ["org_admin"],
  "pipelines:read": ["org_admin", "source_admin", "source_editor", "data_governance_admin", "source_viewer"],
  /** Settings of pipelines that are there. */
  "pipelines:write": ["org_admin", "source_admin", "source_editor"],
  /** Pipelines and their keys: made, rotated, revoked, removed. */
  "pipelines:create": ["org_admin", "source_admin"],
  "integrations:read": ["org_admin", "source_admin", "source_editor", "data_governance_admin", "source_viewer"],
  "integrations:write": ["org_admin", "source_admin", "source_editor", "data_governance_admin"],
  /** What is live: assigns integrations to pipelines, pins revisions, enables, disables. */
  "integrations:publish": ["org_admin", "source_admin"],
  "data_layer:read": ["org_admin", "source_admin", "source_editor", "data_governance_admin", "source_viewer"],
  "data_layer:write": ["org_admin", "data_governance_admin"],
  "audit_logs:read": ["org_admin", "source_admin", "data_governance_admin"],
  "metrics:read": ["org_admin", "source_admin", "source_editor", "data_governance_admin", "source_viewer"],
  "configuration:export": ["org_admin", "source_admin"],
  "configuration:apply": ["org_admin"],
} as const satisfies Record<string, readonly Role[]>;

export type Permission = keyof typeof ROLES_BY_PERMISSION;

export const PERMISSIONS = Object.keys(ROLES_BY_PERMISSION) as Permission[];

export function permissionsOf(role: Role): ReadonlySet<Permission> {
  return new Set(
    PERMISSIONS.filter((permission) => (ROLES_BY_PERMISSION[permission] as readonly Role[]).includes(role)),
  );
}

/** Whether somebody may make others this: nobody gives what they have not, as an API token with some scopes. */
export function mayGrantNamed(permissions: ReadonlySet<Permission>, name: string): boolean {
  const role = roleNamed(name);
  return role !== null && [...permissionsOf(role)].every((permission) => permissions.has(permission));
}

export const TOO_MUCH = "This role may do what you may not do with this token. Sign in, or ask an administrator.";

export function rolesWith(permission: Permission): readonly Role[] {
  return ROLES_BY_PERMISSION[permission];
}

/** A role as it was stored; null for one that this version does not know, which may do nothing. */
export function roleNamed(name: string): Role | null {
  return ROLES.find((role) => role === name) ?? null;
}
