import type { AnnotationRecord } from "#src/model/annotations/annotation-record.ts";
import { annotationRecord, ANNOTATION_TABLE } from "#src/model/annotations/annotation-table.ts";
import { CANARIES } from "#src/model/annotations/canary.ts";
import { CLIENT_CERTIFICATES } from "#src/model/annotations/client-certificates.ts";
import { restricts, type SettingName, settingOfRecord } from "#src/model/annotations/ingress-settings.ts";
import { PREFIXES } from "#src/model/annotations/prefixes.ts";
import { complain, entry, type Field, isUnset, quote, readMap, readTexts } from "#src/model/field.ts";
import { nearest } from "#src/model/nearest.ts";
import type { Problem } from "#src/model/problem.ts";
import type { PolicyPart } from "./policy-part.ts";

/** Settings that are of an Ingress or its hosts, and not of a path: what a policy says of them would be said twice, or of the paths of others. */
const OF_INGRESS: ReadonlySet<string> = new Set<SettingName>([
  "useRegex",
  "appRoot",
  "fromToWww",
  "serverAlias",
  "sslPassthrough",
  "configurationSnippet",
  "serverSnippet",
  ...(Object.keys(CANARIES) as readonly SettingName[]),
  ...(Object.keys(CLIENT_CERTIFICATES) as readonly SettingName[]),
]);

/** More than there are. */
const MAX_SETTINGS = 256;

/** Whether an annotation is a setting that a policy can say. */
function isPolicySetting(record: AnnotationRecord): boolean {
  const setting = settingOfRecord(record);
  return setting !== undefined && !OF_INGRESS.has(setting.name);
}

/** Reads `settings`: the annotations that are of a path, by their names without prefix, and by the records that read those. */
export function readPolicySettings(field: Field): readonly PolicyPart[] {
  if (isUnset(field) || !readMap(field)) return [];
  const texts = Object.entries(readTexts(field));
  const parts = new Map<string, PolicyPart>();
  for (const [written, text] of texts.slice(0, MAX_SETTINGS)) {
    const part = readSetting({ ...entry(field, written), value: text }, written);
    if (part === undefined) continue;
    const twice = parts.get(part.name);
    if (twice === undefined) parts.set(part.name, part);
    else
      complain(entry(field, written), "POLICY_INVALID", {
        what: `Cannot use the setting ${quote(written)}`,
        why: `${twice.at} is the same setting under another name`,
        fix: "Remove one of the two",
      });
  }
  if (texts.length > MAX_SETTINGS)
    complain(field, "POLICY_INVALID", {
      what: `Cannot use ${texts.length} settings`,
      why: `there are fewer than ${MAX_SETTINGS}`,
      fix: "Remove those that are none",
    });
  return [...parts.values()];
}

function readSetting(field: Field, written: string): PolicyPart | undefined {
  const record = annotationRecord(PREFIXES.ours, written);
  const setting = settingOfRecord(record);
  if (setting === undefined) return complainOfName(field, written, record);
  if (OF_INGRESS.has(setting.name))
    return complain(field, "POLICY_INVALID", {
      what: `Cannot use the setting ${quote(written)}`,
      why: "it is of a whole Ingress or its hosts, and a policy says what is of paths",
      fix: `Write it as the annotation ${PREFIXES.ours}${written} of the Ingress`,
    });
  const text = String(field.value).trim();
  if (text === "")
    return complain(field, "POLICY_INVALID", {
      what: `Cannot use the setting ${quote(written)}`,
      why: "it is empty",
      fix: "Write a value, or remove it",
    });
  // What only draws a warning as an annotation, and has its default then, is not served as written here either.
  const found: Problem[] = [];
  const value = setting.record.served.parse({ ...field, problems: found });
  const [problem] = found;
  if (value === undefined || problem !== undefined) return complainOfValue(field, problem);
  const [name = written] = setting.record.names;
  return {
    name,
    at: field.path,
    values: { [setting.name]: value },
    text,
    restricts: restricts(setting.record, field),
  };
}

function complainOfName(field: Field, written: string, record: AnnotationRecord | undefined): undefined {
  const isKnown = record?.names.includes(written) === true;
  const meant = isKnown ? undefined : nearest(written, SETTING_NAMES);
  return complain(field, "POLICY_INVALID", {
    what: `Cannot use the setting ${quote(written)}`,
    why: isKnown ? "Hawser does nothing for the annotation of this name" : "no annotation of Hawser has this name",
    fix: meant === undefined ? "Remove it. docs/annotations.md lists them" : `Did you mean ${meant}?`,
  });
}

/** What an annotation would have led to, at the end of why it cannot be used. */
const CONSEQUENCE = /, and (?:the default counts|without it |the writer of |other sites may ).*$/;

function complainOfValue(field: Field, problem: Problem | undefined): undefined {
  return complain(field, "POLICY_INVALID", {
    what: `Cannot use ${quote(field.value)}`,
    why: (problem?.why ?? "it cannot be read").replace(CONSEQUENCE, "").replaceAll("this Ingress", "this policy"),
    fix: problem?.fix ?? "Write another value",
  });
}

/** All names of settings that a policy can say. */
export const SETTING_NAMES: readonly string[] = ANNOTATION_TABLE.flatMap(({ records }) => records)
  .filter(isPolicySetting)
  .flatMap(({ names }) => names);
