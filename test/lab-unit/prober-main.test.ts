import { spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { parseProbeEvent, type ProbeEvent, type ProbeSettings } from "#lab/probes/probe-event.ts";

const PROGRAM = fileURLToPath(new URL("../../lab/probes/prober-main.ts", import.meta.url));
const TIMEOUT_MS = 500;

it("an answer that came while the prober was paused, beyond its time, is a good one", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const settings: ProbeSettings = {
    mode: "tcp",
    target: "127.0.0.1",
    port: (server.address() as AddressInfo).port,
    everyMs: 60_000,
    timeoutMs: TIMEOUT_MS,
    host: "",
    path: "/",
  };
  const prober = spawn(process.execPath, [PROGRAM, JSON.stringify(settings)], { stdio: ["ignore", "pipe", "inherit"] });
  const events: ProbeEvent[] = [];
  const lines = createInterface(prober.stdout);
  lines.on("line", (line) => events.push(...[parseProbeEvent(line) ?? []].flat()));

  const [socket] = (await once(server, "connection")) as [Socket];
  prober.kill("SIGSTOP");
  socket.end("1 pod-a 127.0.0.1\n");
  // The pause is what is tested: it outlasts the time of the probe.
  await sleep(2 * TIMEOUT_MS);
  prober.kill("SIGCONT");
  prober.kill("SIGTERM");
  await once(lines, "close");
  server.close();
  expect(events.map(({ kind }) => kind)).toEqual(["sent", "answered"]);
});
