import { randomBytes } from "node:crypto";
import { oneLine } from "#src/model/one-line.ts";
import { readPageFiles } from "#src/page/page-files.ts";
import { startPageServer } from "#src/page/page-server.ts";
import { delay, wallMs } from "#src/process/clock.ts";
import type { OptionSpecs } from "#src/process/option-spec.ts";
import type { ProgramIo } from "#src/process/program-io.ts";
import { readOptions } from "#src/process/read-options.ts";
import { liveLookOptions, openLiveLook } from "./open-live-look.ts";

/** Its options. */
export const uiOptions = {
  ...liveLookOptions,
  port: { kind: "number", default: 0, min: 0, max: 65_535, help: "Port on 127.0.0.1 (default: a free one)" },
} as const satisfies OptionSpecs;

const command = "hawser ui";
const about = `Serves a page on 127.0.0.1 that shows the Hawser of a cluster, as kubectl finds it, or of a folder of manifests, live: what needs a
person, the rack, the last hour, addresses, pools and routes, with search and explain. docs/page.md explains it.
It changes nothing. The address that it prints has a secret in it: who knows it, on this machine, sees what you may see.
Ctrl-C ends it.
Exit code: 0 when it was asked to end; 1 when it cannot read the folder or have the port; 2 for wrong options.`;
/** 128 bits. */
const TOKEN_BYTES = 16;

/** Runs `hawser ui` until it is asked to end. Resolves with the exit code. */
export async function runUi(args: readonly string[], io: ProgramIo): Promise<number> {
  const read = readOptions(uiOptions, args, io, { command, about });
  if (read.kind === "exit") return read.code;
  const options = read.values;
  const looking = await openLiveLook(options, io);
  if (typeof looking === "string") return fail(io, looking);
  await using _ = { [Symbol.asyncDispose]: async () => looking.close() };
  try {
    const server = await startPageServer({
      ...looking,
      files: readPageFiles(),
      token: randomBytes(TOKEN_BYTES).toString("base64url"),
      listen: { port: options.port },
      nowMs: wallMs,
      wait: delay,
    });
    io.stdout.write(`${oneLine(`hawser ui: ${looking.title} is shown at ${server.url}`)}\n`);
    await new Promise<void>((resolve) => io.onSignal(() => resolve()));
    await server.close();
    return 0;
  } catch (error) {
    return fail(io, `cannot listen on 127.0.0.1:${options.port}: ${(error as Error).message}`);
  }
}

function fail({ stderr }: ProgramIo, why: string): number {
  stderr.write(`${oneLine(`${command}: ${why}`)}\n`);
  return 1;
}
