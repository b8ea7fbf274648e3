import { oneLine } from "#src/model/one-line.ts";
import { EXIT_USAGE } from "#src/process/options.ts";
import type { ProgramIo } from "#src/process/program-io.ts";

type Run = (args: readonly string[], io: ProgramIo) => Promise<number>;

/** The programs that a cluster can change from. */
const FROM: ReadonlyMap<string, Run> = new Map<string, Run>([
  ["metallb", async (args, io) => (await import("./run-migrate-metallb.ts")).runMigrateMetallb(args, io)],
  ["ingress-nginx", async (args, io) => (await import("./run-migrate-nginx.ts")).runMigrateNginx(args, io)],
]);

/** Runs `hawser migrate`. Resolves with the exit code. */
export async function runMigrate(args: readonly string[], io: ProgramIo): Promise<number> {
  // The first word, also after options: none of these has a value that is the name of a program.
  const at = args.findIndex((word) => FROM.has(word));
  const run = FROM.get(args[at] ?? "");
  if (run !== undefined) return run([...args.slice(0, at), ...args.slice(at + 1)], io);
  if (args.includes("--help") || args.includes("-h"))
    return (await import("./run-migrate-metallb.ts")).runMigrateMetallb(["--help"], io);
  const [first] = args;
  const what =
    first === undefined || first.startsWith("-") ? "say what to migrate from" : `cannot migrate from "${first}"`;
  io.stderr.write(
    `${oneLine(`hawser migrate: ${what}: only ${[...FROM.keys()].join(" and ")} are supported`)}\nSee hawser migrate --help\n`,
  );
  return EXIT_USAGE;
}
