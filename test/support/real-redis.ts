import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "#lab/rack/until.ts";
import { closedPort, openClient } from "./ingress-proxy.ts";

/** Where .ci/run unpacks Debian's, with its libraries. */
const UNPACKED = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "hawser/redis/usr");

const REDIS = [
  "/usr/bin/valkey-server",
  "/usr/bin/redis-server",
  "/usr/local/bin/redis-server",
  `${UNPACKED}/bin/redis-server`,
].find((path) => existsSync(path));

/** Whether a Valkey or Redis is here; if not, says so on standard error, once for each file that asks. */
export function hasRedis(): boolean {
  if (REDIS === undefined)
    process.stderr.write(
      "skipped: neither Valkey nor Redis is here, so nothing is counted in one (.ci/run unpacks Debian's redis-server)\n",
    );
  return REDIS !== undefined;
}

/** A real Valkey or Redis on a loopback port. */
export interface RealRedis extends AsyncDisposable {
  readonly port: number;
  /** Holds it, as a machine does that is too busy: it keeps its connections, and answers nothing. */
  hold(): void;
  /** Lets it go on. */
  release(): void;
  /** Ends it by force, with all it has counted. */
  kill(): Promise<void>;
  /** Starts it again on the same port. */
  start(): Promise<void>;
  /** What redis-cli would print; `args` is one command without blanks in its words. */
  ask(command: string): Promise<string>;
}

/** Starts one; `options` are those of its command line. */
export async function startRedis(options: readonly string[] = []): Promise<RealRedis> {
  const folder = await mkdtemp(join(tmpdir(), "hawser-redis-"));
  const port = await closedPort();
  let child: ChildProcess | undefined;
  const ask = async (command: string): Promise<string> => {
    using client = openClient(port);
    client.send(`${command}\r\n`);
    return await client.until((text) => text.endsWith("\r\n"));
  };
  const redis: RealRedis = {
    port,
    ask,
    hold: () => void child?.kill("SIGSTOP"),
    release: () => void child?.kill("SIGCONT"),
    async kill() {
      if (child === undefined) return;
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      child = undefined;
      await ended;
    },
    async start() {
      const args = [
        "--port",
        String(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--dir",
        folder,
        "--logfile",
        `${folder}/log`,
      ];
      child = spawn(REDIS!, [...args, ...options], {
        stdio: ["ignore", "ignore", "inherit"],
        env: { ...process.env, ...libraries() },
      });
      await until("the store to answer", async () => /^[+-]/.test(await ask("PING").catch(() => "")));
    },
    async [Symbol.asyncDispose]() {
      await redis.kill();
      await rm(folder, { recursive: true });
    },
  };
  await redis.start();
  return redis;
}

/** An unpacked one has its libraries beside it. */
function libraries(): Readonly<Record<string, string>> {
  if (REDIS?.startsWith(UNPACKED) !== true) return {};
  const folders = readdirSync(`${UNPACKED}/lib`).map((name) => `${UNPACKED}/lib/${name}`);
  return { LD_LIBRARY_PATH: folders.join(":") };
}
