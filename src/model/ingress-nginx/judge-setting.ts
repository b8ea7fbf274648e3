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
    const verdict = settingOf(table, name)?.judge(value.trim()) ?? unknown(table, name);
    return { kind, name, value: value.trim(), isDefault: false, verdict };
  });
  const names = new Set(found.map(([name]) => name));
  const defaults = table.flatMap(({ names: [name = ""], judge, byDefault }): readonly JudgedSetting[] =>
    byDefault === undefined || names.has(name)
      ? []
      : [{ kind, name, value: byDefault, isDefault: true, verdict: judge(byDefault) }],
  );
  return [...judged, ...defaults];
}

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
