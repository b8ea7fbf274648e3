import { processIo } from "#src/process/program-io.ts";
import { readOptions } from "#src/process/read-options.ts";

/** The values of the options of `npm run NAME -- ...`; ends the process where they are wrong, or where help is asked for. */
export function readScriptOptions(name, specs, about) {
  const read = readOptions(specs, process.argv.slice(2), processIo, {
    command: `npm run ${name} --`,
    about,
    hasVariables: false,
  });
  if (read.kind === "exit") process.exit(read.code);
  return read.values;
}
