import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { until } from "#lab/rack/until.ts";
import { hasRedis, startRedis } from "#test/support/real-redis.ts";

type Line = Readonly<Record<string, unknown>>;

/** The program in a process of its own, with this store; the password is in a file. */
async function startProgram(port: number, password: string) {
  const folder = await mkdtemp(join(tmpdir(), "hawser-ingress-"));
  const passwordFile = join(folder, "password");
  await writeFile(passwordFile, `${password}\n`);
  const ports = ["--http-port=0", "--https-port=0", "--default-backend-port=0", "--admin-port=0"];
  const store = [`--rate-limit-store=redis://127.0.0.1:${port}/0`, `--rate-limit-store-password-file=${passwordFile}`];
  const args = ["ingress/main.ts", "--manifests", folder, "--bind-address=127.0.0.1", "--drain-delay=0", ...ports];
  const child = spawn(process.execPath, [...args, ...store], { stdio: ["ignore", "pipe", "inherit"] });
  const exit = once(child, "exit");
  let text = "";
  child.stdout.on("data", (data) => (text += String(data)));
  const lines = (): readonly Line[] =>
    text
      .split("\n")
      .slice(0, -1)
      .map((line): Line => JSON.parse(line));
  const admin = await until("the admin server to listen", () =>
    lines().find(({ listener, msg }) => listener === "admin" && String(msg).startsWith("listening")),
  );
  return {
    /** The lines about the store, in few words. */
    said: () =>
      lines().flatMap(({ code, msg }) =>
        code === "RATE_LIMIT_STORE_AWAY"
          ? ["away"]
          : String(msg).startsWith("rate limits are counted")
            ? ["shared"]
            : [],
      ),
    async metric(name: string): Promise<string | undefined> {
      const answer = await fetch(`http://127.0.0.1:${String(admin["port"])}/metrics`);
      return new RegExp(`^${name} (\\d+)$`, "m").exec(await answer.text())?.[1];
    },
    async end(): Promise<unknown> {
      child.kill("SIGTERM");
      const [code]: unknown[] = await exit;
      return code;
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await exit;
      await rm(folder, { recursive: true });
    },
  };
}

describe.skipIf(!hasRedis())("R --rate-limit-store of the program, on a real server", () => {
  it("R says when the store is away and when it is back, in the log and in metrics, and ends cleanly", async () => {
    await using redis = await startRedis(["--requirepass", "open sesame"]);
    await using program = await startProgram(redis.port, "open sesame");
    const isUp = (value: string) => async () => (await program.metric("hawser_ingress_rate_limit_store_up")) === value;
    await until("it to count in the store", () => program.said().join() === "shared");
    await until("the metric to say so", isUp("1"));
    expect(await program.metric("hawser_ingress_problems")).toBe("0");
    await redis.kill();
    await until("it to count alone", () => program.said().join() === "shared,away");
    await until("the metric to say so", isUp("0"));
    expect(await program.metric("hawser_ingress_problems")).toBe("1");
    await redis.start();
    await until("it to be back", () => program.said().at(-1) === "shared");
    await until("the metric to say so", isUp("1"));
    expect(await program.metric("hawser_ingress_problems")).toBe("0");
    expect(await program.end()).toBe(0);
  });

  it("R starts without the store, too", async () => {
    await using redis = await startRedis();
    await redis.kill();
    await using program = await startProgram(redis.port, "any");
    await until("it to say so", () => program.said().join() === "away");
    expect(await program.end()).toBe(0);
  });
});
