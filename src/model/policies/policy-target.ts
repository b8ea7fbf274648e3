import {
  child,
  complain,
  complainMissing,
  type Field,
  isUnset,
  quote,
  readChoice,
  readList,
  readMap,
  readText,
} from "#src/model/field.ts";
import { isDnsSubdomain } from "#src/model/name.ts";
import { readHost } from "#src/model/read-host.ts";
import { rejectUnknownKeys } from "#src/model/unknown-keys.ts";

/** Kinds that a policy is attached to. */
const TARGET_KINDS = ["Ingress", "Service"] as const;

/** What a policy is attached to: an object of its own namespace, or some paths of an Ingress. */
export interface PolicyTarget {
  readonly kind: (typeof TARGET_KINDS)[number];
  readonly name: string;
  /** Of an Ingress: its paths that are written so. Undefined: all. */
  readonly path: string | undefined;
  /** With `path` alone: of this host; empty for rules without a host. Undefined: of all its hosts. */
  readonly host: string | undefined;
  /** Its place in the policy: `spec.targetRefs[0]`. */
  readonly at: string;
}

/** As in the Gateway API. */
const MAX_TARGETS = 16;

/**
 * Reads `targetRefs`. An entry that cannot be read as it is written is for all that it may be for, so that what is closed for it is not less
 * than what was meant: of an unknown kind both an Ingress and a Service of the name, without its path all paths.
 */
export function readPolicyTargets(field: Field): readonly PolicyTarget[] {
  if (isUnset(field)) complainMissing(field, "Write targetRefs: a list of kind and name");
  const entries = readList(field);
  if (Array.isArray(field.value) && entries.length === 0)
    complain(field, "FIELD_INVALID", {
      what: "Cannot attach this policy",
      why: "targetRefs is empty",
      fix: "Write kind and name of an Ingress or a Service",
    });
  if (entries.length > MAX_TARGETS)
    complain(field, "FIELD_INVALID", {
      what: `Cannot attach this policy to ${entries.length} targets`,
      why: `${MAX_TARGETS} are the most`,
      fix: "Write a second policy",
    });
  return entries.flatMap(readTarget);
}

function readTarget(field: Field): readonly PolicyTarget[] {
  if (!readMap(field)) return [];
  rejectUnknownKeys(field, ["kind", "name", "path", "host", "group"]);
  const kindField = child(field, "kind");
  if (isUnset(kindField)) complainMissing(kindField, "Write kind: Ingress, or kind: Service");
  const kind = readChoice(kindField, TARGET_KINDS);
  const name = readName(child(field, "name"));
  readGroup(field, kind);
  if (name === undefined) return [];
  const { path, host } = readPart(field, kind);
  const kinds = kind === undefined ? TARGET_KINDS : [kind];
  return kinds.map((one) => ({
    kind: one,
    name,
    path: one === "Ingress" ? path : undefined,
    host: one === "Ingress" ? host : undefined,
    at: field.path,
  }));
}

function readName(field: Field): string | undefined {
  if (isUnset(field)) return complainMissing(field, "Write the name of the Ingress or Service");
  const name = readText(field);
  if (name === undefined || isDnsSubdomain(name)) return name;
  return complain(field, "FIELD_INVALID", {
    what: `Cannot use the name ${quote(name)}`,
    why: "it is not a name of an object, which must be in the namespace of the policy",
    fix: "Write the name alone",
  });
}

/** The API group, which users of the Gateway API write, says what the kind says. */
function readGroup(target: Field, kind: PolicyTarget["kind"] | undefined): void {
  const field = child(target, "group");
  const group = readText(field);
  const own = kind === "Service" ? "" : "networking.k8s.io";
  if (group !== undefined && kind !== undefined && group !== own)
    complain(field, "FIELD_INVALID", {
      what: `Cannot use the group ${quote(group)}`,
      why: `${kind} is of ${own === "" ? "the core group" : own}`,
      fix: "Remove group",
    });
}

/** Which paths of an Ingress; all of them where that cannot be read. */
function readPart(target: Field, kind: PolicyTarget["kind"] | undefined): Pick<PolicyTarget, "path" | "host"> {
  const [pathField, hostField] = [child(target, "path"), child(target, "host")];
  const text = readText(pathField);
  const host = isUnset(hostField) || hostField.value === "*" ? "" : readHost(hostField);
  if (kind === "Service" && !(isUnset(pathField) && isUnset(hostField)))
    complain(isUnset(pathField) ? hostField : pathField, "FIELD_INVALID", {
      what: "Cannot attach this policy to a part of a Service",
      why: "path and host are of an Ingress",
      fix: "Remove them, or write kind: Ingress and its name",
    });
  if (isUnset(pathField) && !isUnset(hostField))
    complain(hostField, "FIELD_INVALID", {
      what: "Cannot attach this policy to a host",
      why: "host is written without path",
      fix: "Write path, too, or remove host",
    });
  if (text === undefined || host === undefined) return { path: undefined, host: undefined };
  if (!text.startsWith("/"))
    complain(pathField, "FIELD_INVALID", {
      what: `Cannot use the path ${quote(text)}`,
      why: "it does not begin with /",
      fix: "Write the path as it is in the Ingress",
    });
  return text.startsWith("/")
    ? { path: text, host: isUnset(hostField) ? undefined : host }
    : { path: undefined, host: undefined };
}
