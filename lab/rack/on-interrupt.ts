import { Socket } from "node:net";

/** Calls `onCut` once, when a person asks this process to end: Ctrl-C, or the end of the pipe that lab/rack/enter.js holds. */
export function onInterrupt(onCut: () => void): void {
  let isCut = false;
  const once = (): void => {
    if (isCut) return;
    isCut = true;
    onCut();
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, once);
  const fd = Number(process.env["HAWSER_LIFELINE"] ?? "");
  if (!Number.isInteger(fd) || fd < 3) return;
  // Not a file stream: its pending read would hold a thread, and process.exit() would wait for it for ever.
  const pipe = new Socket({ fd });
  pipe.on("close", once);
  pipe.on("error", once);
  pipe.resume();
  pipe.unref();
}
