import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { parse } from "yaml";
import { type Fields, isRecord } from "#src/model/record.ts";

/** A cluster or a user of a kubeconfig, and the folder of the file it is in: paths are relative to that. */
export interface Section {
  readonly fields: Fields;
  readonly directory: string;
}

/** Where a kubeconfig leads, and as whom. */
export interface KubeconfigContext {
  readonly cluster: Section;
  readonly user: Section;
}

interface File {
  readonly directory: string;
  readonly value: Fields;
}

/**
 * The cluster and the user of a context, by default of the current one. Of several files the first wins that has a
 * name, and those that do not exist are ignored, as kubectl does with KUBECONFIG. Otherwise says in words why not.
 */
export function readContext(paths: readonly string[], context: string | undefined): KubeconfigContext | string {
  const files: File[] = [];
  for (const path of paths) {
    const value = readOne(path);
    if (value === undefined && paths.length > 1) continue;
    if (value === undefined) return "there is no such file";
    if (typeof value === "string") return paths.length > 1 ? `${path}: ${value}` : value;
    files.push({ directory: dirname(path), value });
  }
  if (files.length === 0) return "there is none of these files";
  const current = files.map(({ value }) => nonEmptyTextOf(value, "current-context")).find((one) => one !== undefined);
  const name = context ?? current;
  if (name === undefined) return "it has no current-context";
  const found = section(files, { list: "contexts", field: "context", name })?.fields;
  if (found === undefined) return `it has no context "${name}"${known(files)}`;
  const cluster = section(files, { list: "clusters", field: "cluster", name: found["cluster"] });
  const user = section(files, { list: "users", field: "user", name: found["user"] });
  if (cluster === undefined) return `the cluster of its context "${name}" is missing`;
  return user === undefined ? `the user of its context "${name}" is missing` : { cluster, user };
}

/** A field that is a text and not empty. */
export function nonEmptyTextOf(from: Fields, name: string): string | undefined {
  const value = from[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** The map in a file; undefined if there is no file, a text if it cannot be read. */
function readOne(path: string): Fields | string | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === "ENOENT" ? undefined : (code ?? message);
  }
  try {
    const value: unknown = parse(text, { maxAliasCount: 0 });
    return isRecord(value) ? value : "it is not a map";
  } catch (error) {
    return (error as Error).message.split("\n", 1)[0] ?? "it is not YAML";
  }
}

function section(
  files: readonly File[],
  { list, field, name }: { readonly list: string; readonly field: string; readonly name: unknown },
): Section | undefined {
  for (const { value, directory } of files) {
    const entry = entriesOf(value, list).find((one) => one["name"] === name);
    const fields = entry?.[field];
    if (isRecord(fields)) return { fields, directory };
  }
  return undefined;
}

function entriesOf(file: Fields, list: string): readonly Fields[] {
  const entries = file[list];
  return Array.isArray(entries) ? entries.filter(isRecord) : [];
}

/** What a person could have meant. */
function known(files: readonly File[]): string {
  const names = files.flatMap(({ value }) => entriesOf(value, "contexts").map(({ name }) => String(name)));
  return names.length === 0 ? "" : `, but ${names.slice(0, 5).join(", ")}${names.length > 5 ? ", ..." : ""}`;
}
