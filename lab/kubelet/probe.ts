import { type IncomingMessage, request } from "node:http";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { connect as tlsConnect } from "node:tls";
import type { V1Container, V1HTTPGetAction, V1Probe } from "@kubernetes/client-node";
import type { Host } from "#lab/rack/host.ts";
import type { Dial } from "./tunnel.ts";

/** Kubernetes' own defaults, in seconds and times. */
const DEFAULTS = { initialDelay: 0, period: 10, timeout: 1, successes: 1, failures: 3 };

/** What a probe works on. */
export interface ProbeTarget {
  /** Connects as the node does, which is where all probes come from. */
  readonly dial: Dial;
  readonly node: Host;
  readonly podIP: string;
  readonly container: V1Container;
  /** Resolves while the kubelet runs; one that is stopped asks nothing. */
  whileRunning(): Promise<void>;
  /** Runs a command in the container; resolves with its exit code. */
  exec(command: readonly string[]): Promise<number>;
}

/** Asks again and again; `onResult` hears each time as often in a row as the probe's thresholds say. Ends with the signal. */
export async function runProbe(
  probe: V1Probe,
  target: ProbeTarget,
  onResult: (isGood: boolean) => void,
  signal: AbortSignal,
): Promise<void> {
  const periodMs = (probe.periodSeconds ?? DEFAULTS.period) * 1_000;
  await pause((probe.initialDelaySeconds ?? DEFAULTS.initialDelay) * 1_000, signal);
  let isGood: boolean | undefined;
  let inRow = 0;
  while (!signal.aborted) {
    await target.whileRunning();
    const startMs = performance.now();
    const now = await probeOnce(probe, target).catch(() => false);
    if (signal.aborted) return;
    inRow = now === isGood ? inRow + 1 : 1;
    isGood = now;
    const threshold = now
      ? (probe.successThreshold ?? DEFAULTS.successes)
      : (probe.failureThreshold ?? DEFAULTS.failures);
    if (inRow >= threshold) onResult(now);
    await pause(Math.max(0, startMs + periodMs - performance.now()), signal);
  }
}

async function probeOnce(probe: V1Probe, target: ProbeTarget): Promise<boolean> {
  const timeoutMs = (probe.timeoutSeconds ?? DEFAULTS.timeout) * 1_000;
  const { httpGet, tcpSocket, exec } = probe;
  const deadline = AbortSignal.timeout(timeoutMs);
  const late = new Promise<false>((resolve) => {
    deadline.addEventListener("abort", () => resolve(false));
  });
  if (exec !== undefined) return Promise.race([target.exec(exec.command ?? []).then((code) => code === 0), late]);
  if (tcpSocket !== undefined) {
    const at = `/dev/tcp/${tcpSocket.host ?? target.podIP}/${portOf(tcpSocket.port, target.container)}`;
    const seconds = String(timeoutMs / 1_000);
    return (await target.node.run(["timeout", seconds, "bash", "-c", `exec 3<>${at}`])).code === 0;
  }
  if (httpGet !== undefined) return answersWell(httpGet, target, deadline);
  throw new Error(`a probe by ${Object.keys(probe).join()} is not played here`);
}

/** Any status from 200 to 399 is good. */
function answersWell(action: V1HTTPGetAction, target: ProbeTarget, signal: AbortSignal): Promise<boolean> {
  const { path = "/", scheme = "HTTP", httpHeaders = [], host = target.podIP } = action;
  const port = portOf(action.port, target.container);
  const createConnection = (): Socket => {
    const socket = target.dial(host, port);
    return scheme === "HTTPS" ? tlsConnect({ socket, rejectUnauthorized: false }) : socket;
  };
  const headers = {
    host: host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`,
    "user-agent": "kube-probe/lab",
    connection: "close",
    ...Object.fromEntries(httpHeaders.map(({ name, value }) => [name, value])),
  };
  return new Promise((resolve) => {
    const asked = request({ createConnection, path, headers, signal }, (answer: IncomingMessage) => {
      answer.resume();
      answer.on("error", () => undefined);
      const { statusCode = 0 } = answer;
      resolve(statusCode >= 200 && statusCode < 400);
    });
    asked.on("error", () => resolve(false));
    asked.end();
  });
}

/** By number, or by the name of one of the container's ports. */
function portOf(port: number | string, { ports = [] }: V1Container): number {
  if (typeof port === "number") return port;
  const named = ports.find(({ name }) => name === port);
  if (named === undefined) throw new Error(`the container has no port called ${port}`);
  return named.containerPort;
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
