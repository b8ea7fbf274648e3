import type { Writable } from "node:stream";
import type { ProgramIo } from "#src/process/program-io.ts";

/** The same input and output, where texts say `kubectl hawser` as the person has typed it. */
export function plugInIo(io: ProgramIo, commands: readonly string[]): ProgramIo {
  const rename = renamer(commands);
  return { ...io, stdout: renaming(io.stdout, rename), stderr: renaming(io.stderr, rename) };
}

/** Where a text says how the command is called: `hawser status`, `hawser COMMAND --help`; not a path, a name or a namespace. */
function renamer(commands: readonly string[]): (text: string) => string {
  const words = [...commands, "help", "COMMAND", "--help"].join("|");
  const call = new RegExp(String.raw`(?<![\w./-]|kubectl )hawser(?= (?:${words})(?![\w-])|: )`, "g");
  return (text) => text.replace(call, "kubectl hawser");
}

/** A stream that is the other one, but for the texts written to it. Each text is written whole. */
function renaming(stream: Writable, rename: (text: string) => string): Writable {
  const write = (text: unknown, ...rest: readonly never[]): boolean =>
    stream.write(typeof text === "string" ? rename(text) : text, ...rest);
  return new Proxy(stream, {
    get(target, name) {
      if (name === "write") return write;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}
