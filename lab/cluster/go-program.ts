import { join } from "node:path";
import { buildOnce, builtFolder, moduleFiles, requiredVersion, whyNotBuilt } from "./build-once.ts";
import { buildGo } from "./run-go.ts";

export interface GoProgramOptions {
  /** The folder of a Go module that requires the program at a pinned version. */
  readonly module: string;
  /** Of the file; also the option of `npm run cluster -- --build`. */
  readonly name: string;
  /** What is built: a package that the module requires, or `.`. */
  readonly builds: string;
  /** How long that takes where nothing is cached. */
  readonly duration: string;
  /** The module whose version a person reads, and the program's name for a person; by default only `name` is said. */
  readonly version?: { readonly of: string; readonly title: string };
  /** The version of Go that it needs, where that is newer than Go here. */
  readonly toolchain?: string;
}

/** A program that tests run beside Hawser, built by Go once for all trees. */
export interface GoProgram {
  /** Where it is once it is built. */
  readonly file: () => string;
  /** Why it is not here, in words for a person; undefined if it is built. */
  readonly whyNot: () => string | undefined;
  /** Builds it as `buildOnce` does. */
  readonly build: (say: (line: string) => void) => Promise<void>;
}

/** Describes the program; nothing is read or built before it is asked for. */
export function goProgram({ module, name, builds, duration, version, toolchain }: GoProgramOptions): GoProgram {
  const withVersion = (prefix: string): string =>
    version === undefined ? name : prefix + requiredVersion(module, version.of);
  const folder = (): string => {
    const madeFrom = [...(toolchain === undefined ? [] : [toolchain]), ...moduleFiles(module)];
    return builtFolder(withVersion(`${name}-`), madeFrom);
  };
  const buildInto = async (part: string): Promise<void> => buildGo(module, join(part, name), [builds], toolchain);
  return {
    file: () => join(folder(), name),
    whyNot: () => whyNotBuilt(name, folder()),
    build: async (say) =>
      buildOnce({ name: withVersion(`${version?.title} `), folder: folder(), duration, buildInto }, say),
  };
}
