// The process of `kubectl-hawser`: the commands that look at a cluster or at manifests, bundled into one file (npm run plugin).
import { basename } from "node:path";
import { processIo } from "#src/process/program-io.ts";
import { plugInIo } from "./plug-in-io.ts";
import { commandNames, runHawser } from "./run-hawser.ts";

/** They run in pods, or in a clone of the repository. */
const ELSEWHERE: ReadonlySet<string> = new Set(["controller", "speaker", "ingress", "demo"]);

// As a script the file is its second word, as an executable of its own its first and its second.
const isPlugIn = basename(process.argv[1] ?? "").startsWith("kubectl-");
void run();

// A script of CommonJS, which a single executable is made of, cannot wait at its top.
async function run(): Promise<void> {
  process.exitCode = await runHawser(
    process.argv.slice(2),
    isPlugIn ? plugInIo(processIo, commandNames) : processIo,
    ELSEWHERE,
  );
}
