// The process of `hawser controller`.
import { processIo } from "#src/process/program-io.ts";
import { keepHeapSmall } from "#src/process/small-heap.ts";
import { runController } from "./run-controller.ts";

keepHeapSmall();
process.exit(await runController(process.argv.slice(2), processIo));
