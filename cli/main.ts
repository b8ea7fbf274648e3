// The process of `hawser`.
import { processIo } from "#src/process/program-io.ts";
import { runHawser } from "./run-hawser.ts";

process.exitCode = await runHawser(process.argv.slice(2), processIo);
