import type { ServedAnnotation } from "#src/model/annotations/annotation-record.ts";
import { ASKS } from "#src/model/annotations/asks.ts";
import { OWN_PREFIXES, PREFIXES } from "#src/model/annotations/prefixes.ts";
import { servedField } from "#src/model/annotations/served-field.ts";
import { child, complain, entry, type Field, quote, readText } from "#src/model/field.ts";
import { type KubeObject, rootField } from "#src/model/object.ts";
import type { Problem } from "#src/model/problem.ts";
import { recordOf } from "#src/model/record.ts";
import { globalAnnotationOf, judgeSetting } from "./judge-setting.ts";
import type { SettingVerdict } from "./nginx-setting.ts";

/** An annotation that each Ingress has that does not say otherwise. */
export interface GlobalAnnotation {
  readonly record: ServedAnnotation<unknown>;
  readonly value: string;
}

/** What a ConfigMap of ingress-nginx says of all Ingresses. */
export interface NginxConfig {
  readonly annotations: readonly GlobalAnnotation[];
  readonly problems: readonly Problem[];
}

const OF_GLOBAL_AUTH = /^auth-/;

/**
 * Reads a ConfigMap as ingress-nginx has it. `flags`: those that the program runs with. A restriction that cannot be read is
 * given to the Ingresses as it is, which closes them; one that Hawser has not at all is an error.
 */
export function readNginxConfig(object: KubeObject, flags: ReadonlySet<string>): NginxConfig {
  const root = rootField(object);
  const data = child(root, "data");
  const annotations: GlobalAnnotation[] = [];
  for (const key of Object.keys(recordOf(data.value))) {
    const field = entry(data, key);
    const value = readText(field)?.trim() ?? "";
    if (value === "") continue;
    const record = globalAnnotationOf(key);
    if (record === undefined) complainOfVerdict(field, judgeSetting("key", key, value), flags);
    else if (isUsable(field, record, value)) annotations.push({ record, value });
  }
  return { annotations, problems: root.problems };
}

/** Whether Ingresses get an annotation with this value: what restricts also where it cannot be read. */
function isUsable(field: Field, record: ServedAnnotation<unknown>, value: string): boolean {
  const path = `metadata.annotations[${JSON.stringify(PREFIXES.nginx + record.names[0])}]`;
  const problems: Problem[] = [];
  if (record.served.parse({ ...field, value, path, problems }) !== undefined) return true;
  const isRestriction = record.risks?.some(({ effect }) => effect === "restriction") === true;
  const [{ why, fix } = { why: "it cannot be read", fix: "Write another value" }] = problems;
  complain(field, "NGINX_KEY_INVALID", {
    what: isRestriction ? "Closed all Ingresses that do not have the annotation" : `Ignored ${quote(value)}`,
    why,
    fix,
    severity: isRestriction ? "error" : "warning",
  });
  return isRestriction;
}

function complainOfVerdict(field: Field, verdict: SettingVerdict, flags: ReadonlySet<string>): void {
  if (verdict.kind === "unknown") {
    complain(field, "NGINX_KEY_UNKNOWN", {
      what: "Ignored this key",
      why: "ingress-nginx has no such key, as far as Hawser knows",
      fix: verdict.meant === undefined ? "Remove it" : `Did you mean ${verdict.meant}?`,
      severity: "warning",
    });
  } else if (verdict.kind === "option" && !verdict.flags.every((flag) => flags.has(flag))) {
    complain(field, "NGINX_KEY_NOT_SERVED", {
      what: "Ignored this key",
      why: "it is an option of the program in Hawser, which is read at its start",
      fix: `Start the ingress with ${verdict.flags.join(" ")}`,
      severity: "warning",
    });
  } else if (verdict.kind === "not-served") {
    const { text, fix = "Remove it if that will do", restricts = false } = verdict;
    complain(field, "NGINX_KEY_NOT_SERVED", {
      what: restricts ? "Ignored this key, which restricts" : "Ignored this key",
      why: text.charAt(0).toLowerCase() + text.slice(1),
      fix,
      severity: restricts ? "error" : "warning",
    });
  }
}

/**
 * An Ingress with the annotations that it has by the ConfigMap: those that it does not have itself under any name. Of
 * `global-auth-*` none where it names a service of its own, or says `enable-global-auth: "false"`.
 */
export function withGlobalAnnotations(object: KubeObject, annotations: readonly GlobalAnnotation[]): KubeObject {
  if (annotations.length === 0) return object;
  const root = { ...rootField(object), problems: [] };
  const has = ({ record }: GlobalAnnotation) => servedField(root, record) !== undefined;
  const isAuth = ({ record }: GlobalAnnotation) => OF_GLOBAL_AUTH.test(record.names[0] ?? "");
  const keepsOwnAuth =
    isWithoutGlobalAuth(object) || annotations.some((one) => one.record.names[0] === "auth-url" && has(one));
  const added = annotations.filter((one) => !has(one) && !(keepsOwnAuth && isAuth(one)));
  if (added.length === 0) return object;
  const more = Object.fromEntries(added.map(({ record, value }) => [PREFIXES.nginx + record.names[0], value]));
  return { ...object, metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, ...more } } };
}

function isWithoutGlobalAuth({ metadata: { annotations } }: KubeObject): boolean {
  const text = OWN_PREFIXES.map((prefix) => annotations[`${prefix}enable-global-auth`]?.trim()).find((one) => one);
  return text !== undefined && !ASKS.true(text);
}
