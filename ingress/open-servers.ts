import { standardLogOutput } from "#src/process/log-output.ts";
import type { DestinationStream } from "#src/process/log.ts";
import type { Certificates } from "./tls/certificates.ts";
import { openServing, type OpenServingOptions } from "./server/open-serving.ts";
import { ownServer } from "./server/own-server.ts";
import type { Servers } from "./server/servers.ts";
import { WorkerServers } from "./workers/worker-servers.ts";

export interface OpenServersOptions extends Omit<OpenServingOptions, "certificates" | "shared" | "writeAccessLog"> {
  readonly workers: number;
  readonly certificates: Certificates;
  readonly address: string;
  /** Where log lines go; the program's own output by default. */
  readonly logTo: DestinationStream | undefined;
}

/** Opens what serves requests: one server in this thread, or as many workers as there are to be. They do not listen yet. */
export function openServers({ workers, logTo, address, ...given }: OpenServersOptions): Servers {
  const { options, settings, certificates, log } = given;
  function writeAccessLog(lines: Buffer): void {
    if (logTo === undefined) standardLogOutput().writeAccessLines(lines);
    else logTo.write(lines.toString());
  }
  if (workers > 1)
    return new WorkerServers({
      ...given,
      workers,
      address,
      hasLimitStore: settings.limitStore !== undefined,
      writeLine: (line) => (logTo ?? standardLogOutput()).write(line),
      writeAccessLog,
      onDropped: (lines) => (standardLogOutput().droppedLines += lines),
    });
  return ownServer({ serving: openServing({ ...given, writeAccessLog }), certificates, address, options, log });
}
