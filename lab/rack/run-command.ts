import { spawn } from "node:child_process";

/** What is kept of a command's output, each of stdout and stderr: enough for any dump of a rack. */
const OUTPUT_LIMIT_BYTES = 4 << 20;

export interface CommandResult {
  /** Exit code; 128 + signal number would be a shell's word, here -1 stands for any signal. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command to its end. Rejects only when it cannot be started; `input` goes to its stdin. */
export function runCommand(command: readonly string[], input = ""): Promise<CommandResult> {
  const [file = "", ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: ["pipe", "pipe", "pipe"] });
    const stdout = collect(child.stdout);
    const stderr = collect(child.stderr);
    child.on("error", (cause) => reject(new Error(`cannot run ${file}: ${cause.message}`, { cause })));
    child.on("close", (code) => resolve({ code: code ?? -1, stdout: stdout(), stderr: stderr() }));
    // A command may end without reading its input: only its exit code says whether it failed.
    child.stdin.on("error", () => {});
    child.stdin.end(input);
  });
}

/** Runs a command that must succeed; rejects with `what` and the command's own words. */
export async function mustRun(what: string, command: readonly string[], input = ""): Promise<string> {
  const result = await runCommand(command, input);
  if (result.code !== 0) throw new Error(`${what}: ${lastWords(result, input)}`);
  return result.stdout;
}

/** The last line of stderr, and the line of a batch that it points at. */
function lastWords(result: CommandResult, input: string): string {
  const said = result.stderr.trim() || result.stdout.trim() || `exit code ${result.code}`;
  const lineNumber = /Command failed -:(\d+)/.exec(said)?.[1];
  const line = lineNumber === undefined ? undefined : input.split("\n")[Number(lineNumber) - 1];
  return line === undefined ? said : `${said.replace(/\s*Command failed.*/, "")} (at "${line}")`;
}

function collect(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = [];
  let bytes = 0;
  stream.on("data", (chunk: Buffer) => {
    if (bytes < OUTPUT_LIMIT_BYTES) chunks.push(chunk);
    bytes += chunk.length;
  });
  return () => Buffer.concat(chunks).toString("utf8");
}
