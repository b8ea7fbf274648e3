import type { AnnotationFamily, AnnotationRecord } from "./annotation-record.ts";
import { NGINX_ACCESS } from "./nginx-access.ts";
import { NGINX_RELATIVES } from "./nginx-relatives.ts";
import { NGINX_ROUTING } from "./nginx-routing.ts";
import { NGINX_TUNING } from "./nginx-tuning.ts";
import { OTHER_CONTROLLERS } from "./other-controllers.ts";
import { NGINX_PREFIXES } from "./prefixes.ts";

const OF_NGINX: readonly AnnotationFamily[] = [
  { title: "ingress-nginx: what requests reach", prefixes: NGINX_PREFIXES, records: NGINX_ROUTING },
  { title: "ingress-nginx: who may come in", prefixes: NGINX_PREFIXES, records: NGINX_ACCESS },
  { title: "ingress-nginx: all else", prefixes: NGINX_PREFIXES, records: NGINX_TUNING },
];

/** Every annotation of Ingresses that Hawser knows: those that it serves, and those of other controllers that it must not ignore. */
export const ANNOTATION_TABLE: readonly AnnotationFamily[] = [
  ...OF_NGINX,
  { title: "Relatives of ingress-nginx", prefixes: NGINX_PREFIXES, records: NGINX_RELATIVES },
  ...OTHER_CONTROLLERS,
];

/** The names that the documentation of ingress-nginx lists, in their order; Hawser's have the same names. */
export const NGINX_NAMES: readonly string[] = OF_NGINX.flatMap(({ records }) => records)
  .flatMap(({ names }) => names)
  .filter((name) => !isPattern(name))
  .sort();

/** The record of an annotation by its prefix (empty where it has none) and its name; undefined where nothing is known of it. */
export function annotationRecord(prefix: string, name: string): AnnotationRecord | undefined {
  const known = BY_PREFIX.get(prefix);
  return known?.exact.get(name) ?? known?.patterns.find(({ pattern }) => pattern.test(name))?.record;
}

interface KnownNames {
  readonly exact: ReadonlyMap<string, AnnotationRecord>;
  /** In the order of the table: the first that matches counts. */
  readonly patterns: readonly { readonly pattern: RegExp; readonly record: AnnotationRecord }[];
}

const BY_PREFIX = indexOf(ANNOTATION_TABLE);

function indexOf(table: readonly AnnotationFamily[]): ReadonlyMap<string, KnownNames> {
  const prefixes = new Set(table.flatMap((family) => family.prefixes));
  const familiesOf = (prefix: string) => table.filter((family) => family.prefixes.includes(prefix));
  return new Map(Array.from(prefixes, (prefix) => [prefix, knownNames(familiesOf(prefix))]));
}

function knownNames(families: readonly AnnotationFamily[]): KnownNames {
  const records = families.flatMap((family) => family.records);
  const named = records.flatMap((record) => record.names.map((name) => ({ name, record })));
  const patterns = named.filter(({ name }) => isPattern(name));
  return {
    exact: new Map(named.filter(({ name }) => !isPattern(name)).map(({ name, record }) => [name, record])),
    patterns: patterns.map(({ name, record }) => ({ pattern: patternOf(name), record })),
  };
}

function isPattern(name: string): boolean {
  return name.includes("*");
}

function patternOf(name: string): RegExp {
  return new RegExp(`^${name.replaceAll(".", "\\.").replaceAll("*", ".*")}$`);
}
