import { readdir } from "node:fs/promises";
import { keyOf } from "#src/model/object.ts";
import type { Problem } from "#src/model/problem.ts";
import { createLogger } from "#src/process/log.ts";
import { readEvents } from "#src/source/event-file.ts";
import { openFolderSource } from "#src/source/folder.ts";
import { type StatusView, viewStatus } from "./status-view.ts";

export interface StatusFolderOptions {
  readonly manifests: string;
  readonly namespace: string;
  readonly configMap: string;
}

/** A folder of manifests that is looked at, as often as wanted, until it is closed. */
export interface FolderLook {
  look(): Promise<StatusView>;
  close(): Promise<void>;
}

/** Opens a folder; a text says why it cannot be read. */
export async function openFolder({
  manifests,
  namespace,
  configMap,
}: StatusFolderOptions): Promise<FolderLook | string> {
  const fault = await faultOf(manifests);
  if (fault !== undefined) return fault;
  const log = createLogger({ component: "cli", level: "warn", to: "stderr" });
  const source = openFolderSource({ directory: manifests, log });
  const problems = new Map<string, readonly Problem[]>();
  await source.open(["ConfigMap", "Service", "Node"], {
    onChange: () => undefined,
    onProblems: (where, found) => problems.set(where, found),
  });
  return {
    look: async () =>
      viewStatus({
        configMap: source.list("ConfigMap").get(keyOf({ namespace, name: configMap })),
        services: source.list("Service").values(),
        nodes: source.list("Node").values(),
        reports: source.reports(),
        members: source.reports("member"),
        events: await readEvents(manifests),
        problems: [...problems.values()].flat(),
      }),
    close: async () => source.close(),
  };
}

/** Why a folder cannot be read; undefined if it can. */
async function faultOf(directory: string): Promise<string | undefined> {
  const error = await readdir(directory).then(
    () => undefined,
    ({ code, message }: NodeJS.ErrnoException) => code ?? message,
  );
  return { ENOENT: "it is not there", ENOTDIR: "it is no folder", EACCES: "you may not read it" }[error ?? ""] ?? error;
}
