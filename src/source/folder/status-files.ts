import { readFile, rm } from "node:fs/promises";
import type { Kind } from "#src/model/kind.ts";
import type { ObjectRef } from "#src/model/object.ts";
import { idOf } from "./manifest-files.ts";
import { statusPath } from "./status-path.ts";
import { type Overlay, parseStatusFile, printStatusFile } from "./print-status-file.ts";
import { versionOf } from "./version-of.ts";
import { writeWhole } from "./write-whole.ts";

/** The version of an object that has no status file. */
const NO_VERSION = "0";

/** One status file as last seen. */
interface StatusEntry {
  readonly ref: ObjectRef;
  /** From the file's content, so that an edit by hand counts as a new version too. */
  readonly version: string;
  /** Of a broken file: what it said last. */
  readonly overlay: Overlay;
  readonly fault: string | undefined;
}

export interface StatusFilesOptions {
  readonly directory: string;
  nowMs(): number;
}

const nothing: Overlay = { annotations: {} };

/** The status files beside the manifests: one for each object that has a status. */
export class StatusFiles {
  readonly #options: StatusFilesOptions;
  readonly #entries = new Map<string, StatusEntry>();

  constructor(options: StatusFilesOptions) {
    this.#options = options;
  }

  /** The overlay of an object; the same value until the file changes. */
  overlay(id: string): Overlay {
    return this.#entries.get(id)?.overlay ?? nothing;
  }

  /** What `metadata.resourceVersion` of an object is. */
  version(id: string): string {
    return this.#entries.get(id)?.version ?? NO_VERSION;
  }

  /** Reads one file. Undefined: well. Otherwise why its content cannot be used; the overlay seen last stays then. */
  async read(ref: ObjectRef): Promise<string | undefined> {
    const id = idOf(ref);
    const before = this.#entries.get(id);
    const text = await readText(this.pathOf(ref));
    // We wrote it ourselves meanwhile: what was read is out of date.
    if (before !== this.#entries.get(id)) return undefined;
    if (text === undefined) {
      this.#entries.delete(id);
      return undefined;
    }
    const version = versionOf(text);
    if (version === before?.version) return before.fault;
    const parsed = parseStatusFile(text);
    const fault = typeof parsed === "string" ? parsed : undefined;
    this.#entries.set(id, { ref, version, overlay: typeof parsed === "string" ? this.overlay(id) : parsed, fault });
    return fault;
  }

  /** Writes an overlay if the file still has the version given; false: it has another one, or is being written. */
  async write(ref: ObjectRef, version: string, overlay: Overlay): Promise<boolean> {
    const path = this.pathOf(ref);
    const text = printStatusFile(ref, overlay);
    const isWritten = await writeWhole(path, text, {
      stillWanted: async () => {
        const present = await readText(path);
        return (present === undefined ? NO_VERSION : versionOf(present)) === version;
      },
      durable: true,
      nowMs: this.#options.nowMs,
    });
    if (isWritten) this.#entries.set(idOf(ref), { ref, version: versionOf(text), overlay, fault: undefined });
    return isWritten;
  }

  /** The files of all entries. */
  paths(): readonly string[] {
    return [...this.#entries.values()].map(({ ref }) => this.pathOf(ref));
  }

  /** Where the status of an object is. */
  pathOf(ref: ObjectRef): string {
    return statusPath(this.#options.directory, ref);
  }

  /** Deletes a file. */
  async remove(ref: ObjectRef): Promise<void> {
    this.#entries.delete(idOf(ref));
    await rm(this.pathOf(ref), { force: true });
  }

  /** The objects of a kind that have a status file, whether their manifest is there or not. */
  ofKind(kind: Kind): readonly ObjectRef[] {
    return [...this.#entries.values()].map(({ ref }) => ref).filter((ref) => ref.kind === kind);
  }
}

async function readText(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    throw error;
  });
}
