import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";

/** A request that the API server judged (audit.k8s.io/v1 Event), as far as we read it. */
export interface AuditEvent {
  readonly user: { readonly username: string };
  readonly verb: string;
  readonly requestURI: string;
  /** RFC 3339. */
  readonly requestReceivedTimestamp?: string;
  readonly objectRef?: {
    readonly apiGroup?: string;
    readonly resource?: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  /** Missing in words of a request that has not been answered yet. */
  readonly responseStatus?: { readonly code?: number };
}

/** What a role allows (rbac.authorization.k8s.io/v1 PolicyRule). */
export interface PolicyRule {
  readonly verbs: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
}

/** The rules of one role, as bound to one ServiceAccount. */
export interface Grant {
  /** As in the audit: `system:serviceaccount:NAMESPACE:NAME`. */
  readonly user: string;
  /** Only in this namespace; undefined: everywhere. */
  readonly namespace?: string | undefined;
  readonly rules: readonly PolicyRule[];
}

/** Which requests are written down: those of these users or groups, or of these resources. */
export interface Audited {
  readonly users?: readonly string[];
  readonly userGroups?: readonly string[];
  readonly resources?: readonly { readonly group: string; readonly resources: readonly string[] }[];
}

/** The file that an audit goes to, and the flags that make the API server write it. */
export interface Audit {
  readonly file: string;
  readonly flags: readonly string[];
}

/** The audit of the programs of a namespace. */
export function auditOf(namespace: string, directory: string): Audit {
  return prepareAudit({ userGroups: [`system:serviceaccounts:${namespace}`] }, directory);
}

/** Writes the policy of an audit into a folder, where the audit goes, too. */
export function prepareAudit(audited: Audited, directory: string): Audit {
  const policy = join(directory, "audit-policy.yaml");
  const rule = { level: "Metadata", ...audited };
  const rules = { omitStages: ["RequestReceived"], rules: [rule, { level: "None" }] };
  writeFileSync(policy, stringify({ apiVersion: "audit.k8s.io/v1", kind: "Policy", ...rules }));
  const file = join(directory, "audit.log");
  return { file, flags: [`--audit-policy-file=${policy}`, `--audit-log-path=${file}`] };
}

/** All events of the file; a last line that is still being written is left out. */
export function readAudit(file: string): readonly AuditEvent[] {
  const lines = readFileSync(file, "utf8").split("\n").slice(0, -1);
  return lines.map((line) => JSON.parse(line) as AuditEvent);
}

/** What was refused for want of a permission: one line for each kind of request, with how often. */
export function refusals(events: readonly AuditEvent[]): readonly string[] {
  const refused = events.filter(({ responseStatus }) => responseStatus?.code === 403);
  const counts = Map.groupBy(refused, ({ user, verb, requestURI }) => `${user.username}: ${verb} ${requestURI}`);
  return [...counts].map(([what, { length }]) => `${what} (${length} times)`);
}

/** The permissions that no request ever needed: `hawser-speaker: patch leases.coordination.k8s.io (hawser-system)`. */
export function unusedPermissions(grants: readonly Grant[], events: readonly AuditEvent[]): readonly string[] {
  const allowed = events.filter(({ responseStatus }) => responseStatus?.code !== 403);
  const unused = grants.flatMap((grant) =>
    permissionsOf(grant).filter((one) => !allowed.some((event) => needs(event, one))),
  );
  return [...new Set(unused.map(printPermission))].sort();
}

interface Permission {
  readonly user: string;
  readonly namespace: string | undefined;
  readonly verb: string;
  readonly group: string;
  /** With its subresource: `services/status`. */
  readonly resource: string;
  readonly name: string | undefined;
}

function permissionsOf({ user, namespace, rules }: Grant): readonly Permission[] {
  return rules.flatMap(({ verbs, apiGroups = [], resources = [], resourceNames = [] }) =>
    verbs.flatMap((verb) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) =>
          (resourceNames.length === 0 ? [undefined] : resourceNames).map((name) => ({
            user,
            namespace,
            verb,
            group,
            resource,
            name,
          })),
        ),
      ),
    ),
  );
}

function needs({ user, verb, objectRef = {} }: AuditEvent, permission: Permission): boolean {
  const { apiGroup = "", resource = "", subresource, namespace, name } = objectRef;
  return (
    user.username === permission.user &&
    verb === permission.verb &&
    apiGroup === permission.group &&
    permission.resource === (subresource === undefined ? resource : `${resource}/${subresource}`) &&
    (permission.namespace === undefined || permission.namespace === namespace) &&
    (permission.name === undefined || permission.name === name)
  );
}

function printPermission({ user, namespace, verb, group, resource, name }: Permission): string {
  const [plural, ...subresource] = resource.split("/");
  const kind = [group === "" ? plural : `${plural}.${group}`, ...subresource].join("/");
  const object = name === undefined ? kind : `${kind} ${name}`;
  return `${user.split(":").at(-1)}: ${verb} ${object} (${namespace ?? "everywhere"})`;
}
