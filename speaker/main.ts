// The process of `hawser speaker`.
import { processIo } from "#src/process/program-io.ts";
import { keepHeapSmall } from "#src/process/small-heap.ts";
import { runSpeaker } from "./run-speaker.ts";

keepHeapSmall();
process.exit(await runSpeaker(process.argv.slice(2), processIo));
