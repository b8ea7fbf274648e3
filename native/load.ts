import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

/** What the C code knows a socket by. */
export type Handle = object & { readonly __handle: never };

/** The exports of the compiled module: bytes in, bytes out. Each call throws an Error with `syscall`, `errno` and `code`, `send` apart. */
export interface NativeModule {
  open(
    ...arguments_: [
      domain: number,
      type: number,
      protocol: number,
      slots: number,
      frames: Uint8Array,
      lengths: Uint32Array,
      addresses: Uint8Array,
      onBatch: (count: number, errno: number) => void,
    ]
  ): Handle;
  setsockopt(handle: Handle, level: number, option: number, value: Uint8Array): void;
  getsockopt(handle: Handle, level: number, option: number, out: Uint8Array): number;
  attachFilter(handle: Handle, instructions: Uint8Array): void;
  bind(handle: Handle, address: Uint8Array): void;
  start(handle: Handle): void;
  send(handle: Handle, datagram: Uint8Array, address?: Uint8Array): number;
  close(handle: Handle): void;
  /** setsockopt(2) on a descriptor that something else has opened. */
  setDescriptorOption(descriptor: number, level: number, option: number, value: Uint8Array): void;
  /** getsockopt(2) of a descriptor that something else has opened: the bytes written to `out`. */
  getDescriptorOption(descriptor: number, level: number, option: number, out: Uint8Array): number;
  /** Attaches a classic BPF program to a descriptor that something else has opened (SO_ATTACH_FILTER). */
  attachDescriptorFilter(descriptor: number, instructions: Uint8Array): void;
  /** Hands back all pages of files that were only read: kB that left the resident set until they are touched again. */
  releaseFilePages(): number;
  /** Hands back the pages that malloc holds free. Nothing where the C library has no such call. */
  releaseFreePages(): void;
}

const require = createRequire(import.meta.url);

/** The one a release laid down, then the one that set-up compiled. */
const FILES = [`prebuilt/linux-${process.arch}.node`, "build/hawser.node"].map((file) =>
  fileURLToPath(new URL(file, import.meta.url)),
);

/**
 * Loads the first of the files that exists.
 * Throws an Error that says what to run if there is none, or if it does not load.
 */
export function loadNative(files: readonly string[] = FILES): NativeModule {
  const file = files.find((candidate) => existsSync(candidate));
  if (file === undefined) {
    throw new Error(`the native socket module is not built (looked for ${files.join(", ")}). Run: npm run hawser`);
  }
  try {
    return require(file) as NativeModule;
  } catch (cause) {
    throw new Error(`cannot load ${file}; delete native/build and run: npm run hawser`, { cause });
  }
}
