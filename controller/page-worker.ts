// The thread of the page: watches and draws what people look at, so that none of it delays an assignment.
import { constants, setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import type { FromPage, PageStart } from "./ui/page-start.ts";
import { servePage } from "./ui/serve-page.ts";

try {
  // Of Linux, 0 is the thread that calls, and not the process.
  setPriority(0, constants.priority.PRIORITY_BELOW_NORMAL);
} catch {
  // Where that is not allowed the page is as quick as the rest.
}
const page = await servePage(workerData as PageStart, {
  write: (line) => parentPort?.postMessage({ line } satisfies FromPage),
});
parentPort?.on("message", () => void page.close().finally(() => process.exit()));
