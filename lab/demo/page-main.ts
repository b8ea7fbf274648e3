// The page of a rack that the demo keeps: the program of `hawser ui` on a Unix socket, which the command outside of the rack relays.
// Usage: node lab/demo/page-main.ts SOCKET PORT [options of hawser ui]
import { randomBytes } from "node:crypto";
import { openLiveLook } from "#cli/open-live-look.ts";
import { uiOptions } from "#cli/run-ui.ts";
import { readPageFiles } from "#src/page/page-files.ts";
import { startPageServer } from "#src/page/page-server.ts";
import { delay, wallMs } from "#src/process/clock.ts";
import { processIo } from "#src/process/program-io.ts";
import { readOptions } from "#src/process/read-options.ts";

const [, , socket = "", port = "", ...args] = process.argv;
const read = readOptions(uiOptions, args, processIo, { command: "page-main", about: "", hasVariables: false });
if (read.kind === "exit") process.exit(read.code);
const looking = await openLiveLook(read.values, { env: process.env });
if (typeof looking === "string") throw new Error(looking);
const { url } = await startPageServer({
  ...looking,
  title: "the rack of the demo",
  files: readPageFiles(),
  token: randomBytes(16).toString("base64url"),
  listen: { socket, hostPort: Number(port) },
  nowMs: wallMs,
  wait: delay,
});
console.log(`page ${url}`);
