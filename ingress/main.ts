// The process of `hawser ingress`.
import { processIo } from "#src/process/program-io.ts";
import { runIngress } from "./run-ingress.ts";

process.exit(await runIngress(process.argv.slice(2), processIo));
