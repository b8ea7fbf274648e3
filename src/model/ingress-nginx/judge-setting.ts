import type { ServedAnnotation } from "#src/model/annotations/annotation-record.ts";
import { annotationRecord } from "#src/model/annotations/annotation-table.ts";
import { PREFIXES } from "#src/model/annotations/prefixes.ts";
import { nearest } from "#src/model/nearest.ts";
import { CONFIG_MAP_KEYS } from "./config-map-keys.ts";
import type { NginxSetting, SettingVerdict } from "./nginx-setting.ts";
import { PROGRAM_FLAGS } from "./program-flags.ts";

/** `key`: of its ConfigMap; `flag`: of its program, without the dashes. */
export type NginxSettingKind = "key" | "flag";

/** A setting as it is written, or as ingress-nginx has it by default, with what Hawser has for it. */
export interface JudgedSetting {
  readonly kind: NginxSettingKind;
  readonly name: string;
  readonly value: string;
  /** It is not written. */
  readonly isDefault: boolean;
  readonly verdict: SettingVerdict;
}

const TABLES: Readonly<Record<NginxSettingKind, readonly NginxSetting[]>> = {
  key: CONFIG_MAP_KEYS,
  flag: PROGRAM_FLAGS,
};

/** What Hawser has for each of these settings, in their order, and for the defaults of those that are left out. Blank values ask for nothing. */
export function judgeSettings(kind: NginxSettingKind, written: ReadonlyMap<string, string>): readonly JudgedSetting[] {
  const table = TABLES[kind];
  const found = [...written].filter(([, value]) => value.trim() !== "");
  const judged = found.map(([name, value]): JudgedSetting => {
    const verdict =
      (kind === "key" ? readFromConfigMap(name, value.trim()) : undefined) ?? judgeSetting(kind, name, value.trim());
    return { kind, name, value: value.trim(), isDefault: false, verdict };
  });
  const names = new Set(found.map(([name]) => name));
  const defaults = table.flatMap(({ names: [name = ""], judge, byDefault }): readonly JudgedSetting[] =>
    byDefault === undefined || judge === undefined || names.has(name)
      ? []
      : [{ kind, name, value: byDefault, isDefault: true, verdict: judge(byDefault) }],
  );
  return [...judged, ...defaults];
}

/** What Hawser has for a setting with a value that is not blank, apart from what `--nginx-config-map` reads. */
export function judgeSetting(kind: NginxSettingKind, name: string, value: string): SettingVerdict {
  const table = TABLES[kind];
  return settingOf(table, name)?.judge?.(value) ?? unknown(table, name);
}

/** The annotation that a key of the ConfigMap gives to each Ingress; undefined where it gives none that Hawser serves. */
export function globalAnnotationOf(key: string): ServedAnnotation<unknown> | undefined {
  const { annotation } = settingOf(CONFIG_MAP_KEYS, key) ?? {};
  const record = annotation && annotationRecord(PREFIXES.nginx, annotation === "same-name" ? key : annotation);
  if (record === undefined || record === "" || record.served?.prefixes.includes(PREFIXES.nginx) !== true)
    return undefined;
  return record as ServedAnnotation<unknown>;
}

/** Where the keys are that Hawser reads, in its own form. */
export const NGINX_CONFIG_MAP = "hawser-system/nginx-config";

/** Whether the program reads a key from the ConfigMap. */
export function isReadFromConfigMap(key: string): boolean {
  return globalAnnotationOf(key) !== undefined || settingOf(CONFIG_MAP_KEYS, key)?.read !== undefined;
}

/** What is said of a key that the program reads from the ConfigMap; undefined where it does not. */
function readFromConfigMap(key: string, value: string): SettingVerdict | undefined {
  if (!isReadFromConfigMap(key)) return undefined;
  // What `nginx-values` says of a part of the chart's values.
  if (value.startsWith("(")) return OF_CHART;
  const annotation = globalAnnotationOf(key)?.names[0] ?? "";
  const asAnnotation = `Read from there, as the annotation ${annotation} of each Ingress that does not have it`;
  const text = settingOf(CONFIG_MAP_KEYS, key)?.read ?? asAnnotation;
  return { kind: "option", flags: [`--nginx-config-map=${NGINX_CONFIG_MAP}`], text };
}

const OF_CHART: SettingVerdict = {
  kind: "not-served",
  text: "Its fields are in a ConfigMap that the chart makes and that goes with it",
  fix: "Write them into a ConfigMap of your own, and its NAMESPACE/NAME under this key into nginx-config",
};

function settingOf(table: readonly NginxSetting[], name: string): NginxSetting | undefined {
  return (
    table.find(({ names }) => names.includes(name)) ??
    table.find(({ names }) => names.some((one) => isPrefix(one, name)))
  );
}

function isPrefix(pattern: string, name: string): boolean {
  if (!pattern.includes("*")) return false;
  const [before = "", after = ""] = pattern.split("*");
  return name.startsWith(before) && name.endsWith(after) && name.length > before.length + after.length;
}

function unknown(table: readonly NginxSetting[], name: string): SettingVerdict {
  return {
    kind: "unknown",
    meant: nearest(
      name,
      table.flatMap(({ names }) => names).filter((one) => !one.includes("*")),
    ),
  };
}
