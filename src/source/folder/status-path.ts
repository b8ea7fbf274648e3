import { join, relative } from "node:path";
import type { Kind } from "#src/model/kind.ts";
import type { ObjectRef } from "#src/model/object.ts";
import { REPORT_TOPICS, type ReportTopic } from "#src/source/source.ts";

/** The folder beside the manifests that Hawser writes. */
const STATE = ".hawser";
/** Stands for the namespace of objects that have none; no namespace can have this name. */
const NO_NAMESPACE = "_";

/** The folder Hawser writes: status, reports and events. */
function stateDirectory(directory: string): string {
  return join(directory, STATE);
}

/** `DIR/.hawser/status/Service/default/web.yaml`. */
export function statusPath(directory: string, ref: ObjectRef): string {
  return join(stateDirectory(directory), "status", ...partsOf(ref));
}

function partsOf({ kind, namespace, name }: ObjectRef): readonly string[] {
  return [kind, namespace === "" ? NO_NAMESPACE : segment(namespace), `${segment(name)}.yaml`];
}

/** The folder of the manifests that programs write. */
const OBJECTS = "objects";

/** `DIR/.hawser/objects/ConfigMap/hawser-system/history.yaml`. */
export function createdPath(directory: string, ref: ObjectRef): string {
  return join(stateDirectory(directory), OBJECTS, ...partsOf(ref));
}

/** The folders of reports, by topic. */
const REPORT_FOLDERS: Readonly<Record<ReportTopic, string>> = {
  report: "reports",
  member: "members",
  history: "history",
  capture: "captures",
};

/** `DIR/.hawser/reports/speaker-node1.yaml`, `DIR/.hawser/members/member-node1.yaml`. */
export function reportPath(directory: string, topic: ReportTopic, name: string): string {
  return join(stateDirectory(directory), REPORT_FOLDERS[topic], `${segment(name)}.yaml`);
}

/** `DIR/.hawser/events.jsonl`. */
export function eventsPath(directory: string): string {
  return join(stateDirectory(directory), "events.jsonl");
}

/** `DIR/.hawser/alive/speaker-node1`. */
export function alivePath(directory: string, name: string): string {
  return join(stateDirectory(directory), "alive", segment(name));
}

/** The name that a file in `alive` stands for; undefined where it cannot be one. */
export function aliveName(file: string): string | undefined {
  return decode(file);
}

/** What a path below the directory holds; undefined for what is not ours to read. */
export type PathMeaning =
  | { readonly kind: "manifest" }
  | { readonly kind: "status"; readonly ref: ObjectRef }
  | { readonly kind: "report"; readonly topic: ReportTopic; readonly name: string };

/** Tells manifests, status and reports apart. */
export function meaningOf(directory: string, path: string): PathMeaning | undefined {
  const [top, area, ...rest] = relative(directory, path).split("/");
  if (top !== STATE || area === OBJECTS) return { kind: "manifest" };
  const file = rest.at(-1) ?? "";
  const name = decode(file.slice(0, -".yaml".length));
  if (!file.endsWith(".yaml") || name === undefined) return undefined;
  const topic = REPORT_TOPICS.find((one) => REPORT_FOLDERS[one] === area);
  if (topic !== undefined) return rest.length === 1 ? { kind: "report", topic, name } : undefined;
  const [kind, namespace] = rest;
  if (area !== "status" || rest.length !== 3 || kind === undefined || namespace === undefined) return undefined;
  const decoded = namespace === NO_NAMESPACE ? "" : decode(namespace);
  return decoded === undefined ? undefined : { kind: "status", ref: { kind: kind as Kind, namespace: decoded, name } };
}

/**
 * Whether a name in a directory is looked at: nothing hidden, no editor's copy; of our own state only what is read back, and of
 * reports only those topics.
 */
export function acceptsName(
  directory: string,
  { parent, name, topics }: { readonly parent: string; readonly name: string; readonly topics: readonly ReportTopic[] },
): boolean {
  if (parent === directory && name === STATE) return true;
  if (name.startsWith(".") || name.endsWith("~")) return false;
  if (parent !== stateDirectory(directory)) return true;
  return ["status", OBJECTS, ...topics.map((topic) => REPORT_FOLDERS[topic])].includes(name);
}

/** Whether a file is read, by its ending. */
export function acceptsFile(path: string): boolean {
  return /\.(?:ya?ml|json)$/.test(path);
}

/** A file name that cannot leave its folder, be hidden, or hold a slash: names of objects come through unchanged. */
function segment(text: string): string {
  return encodeURIComponent(text).replace(/^\./, "%2E");
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
