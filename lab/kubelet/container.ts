import { setTimeout as sleep } from "node:timers/promises";
import type { V1Container, V1Probe } from "@kubernetes/client-node";
import type { RackProcess } from "#lab/rack/rack-process.ts";
import { type ProbeTarget, runProbe } from "./probe.ts";

/** Kubernetes waits 10 seconds after the second failure, then twice as long each time; the lab is less patient. */
const FIRST_BACK_OFF_MS = 500;
const MAX_BACK_OFF_MS = 10_000;

/** As in a containerStatus. */
export type ContainerState =
  | { readonly waiting: { readonly reason: string; readonly message?: string } }
  | { readonly running: { readonly startedAt: string } }
  | { readonly terminated: Terminated };

interface Terminated {
  readonly exitCode: number;
  readonly reason: "Completed" | "Error";
  readonly startedAt: string;
  readonly finishedAt: string;
}

/** A container's process: started, with the line after which it serves. */
export interface StartedProcess {
  readonly process: RackProcess;
  readonly ready?: RegExp | undefined;
}

export interface ContainerOptions {
  readonly spec: V1Container;
  readonly restartPolicy: "Always" | "OnFailure" | "Never";
  /** Between SIGTERM and SIGKILL of one that failed its liveness probe. */
  readonly graceMs: number;
  readonly target: Omit<ProbeTarget, "container">;
  /** Rejects where it cannot be started now: then it is tried again. */
  start(): Promise<StartedProcess>;
  /** Its state, readiness or count of restarts changed. */
  onChange(): void;
}

/** Keeps one container of a pod running as its restart policy says, and asks its probes. */
export class Container {
  readonly #options: ContainerOptions;
  readonly #closing = new AbortController();
  #process: RackProcess | undefined;
  #state: ContainerState = { waiting: { reason: "ContainerCreating" } };
  #lastState: ContainerState | undefined;
  #restartCount = 0;
  #hasStarted = false;
  #isReady = false;
  #isOver = false;
  #ended: Promise<void> | undefined;

  constructor(options: ContainerOptions) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.spec.name;
  }

  /** The process of its present or last run; undefined before the first. */
  get process(): RackProcess | undefined {
    return this.#process;
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  /** It has ended and will not be started again. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Of its last run, while it does not run. */
  get exitCode(): number | undefined {
    return "terminated" in this.#state ? this.#state.terminated.exitCode : undefined;
  }

  /** Its containerStatus. */
  get status(): object {
    const { name, image = "" } = this.#options.spec;
    return {
      name,
      image,
      imageID: `lab/${image}`,
      containerID: `lab://${this.#process?.pid ?? 0}`,
      ready: this.#isReady,
      started: this.#hasStarted,
      restartCount: this.#restartCount,
      state: this.#state,
      lastState: this.#lastState ?? {},
    };
  }

  /** Starts it; comes back at once. */
  run(): void {
    this.#ended ??= this.#run().finally(() => {
      this.#isOver = true;
      this.#options.onChange();
    });
  }

  /** SIGTERM, and SIGKILL after the grace; resolves when it has ended. May be called again with a shorter grace. */
  async stop(graceMs: number): Promise<void> {
    this.#closing.abort();
    await this.#terminate(graceMs);
    await this.#ended;
  }

  async #terminate(graceMs: number): Promise<void> {
    const running = this.#process;
    if (running === undefined || running.exitCode !== undefined) return;
    const timer = setTimeout(() => void running.kill(), graceMs);
    await running.kill("SIGTERM");
    clearTimeout(timer);
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    for (let failures = 0; !signal.aborted;) {
      const code = await this.#runOnce();
      if (signal.aborted || !this.#startsAgainAfter(code)) return;
      this.#lastState = "terminated" in this.#state ? this.#state : this.#lastState;
      if (code !== undefined) this.#restartCount += 1;
      failures += 1;
      const backOffMs = failures === 1 ? 0 : Math.min(MAX_BACK_OFF_MS, FIRST_BACK_OFF_MS * 2 ** (failures - 2));
      if (code !== undefined) this.#set({ waiting: { reason: "CrashLoopBackOff" } });
      await sleep(backOffMs, undefined, { signal }).catch(() => undefined);
    }
  }

  #startsAgainAfter(code: number | undefined): boolean {
    const { restartPolicy } = this.#options;
    return code === undefined || restartPolicy === "Always" || (restartPolicy === "OnFailure" && code !== 0);
  }

  /** Resolves with the exit code; undefined where it could not be started. */
  async #runOnce(): Promise<number | undefined> {
    let started: StartedProcess;
    await this.#options.target.whileRunning();
    try {
      started = await this.#options.start();
    } catch (error) {
      this.#set({ waiting: { reason: "CreateContainerConfigError", message: (error as Error).message } });
      return undefined;
    }
    const { process, ready } = started;
    this.#process = process;
    if (this.#closing.signal.aborted) void this.#terminate(0);
    const startedAt = isoSeconds();
    const probing = new AbortController();
    void this.#serve(process, ready, { startedAt, signal: probing.signal });
    const exitCode = await process.exited;
    probing.abort();
    this.#isReady = false;
    this.#hasStarted = false;
    const reason = exitCode === 0 ? "Completed" : "Error";
    this.#set({ terminated: { exitCode, reason, startedAt, finishedAt: isoSeconds() } });
    return exitCode;
  }

  /** From the start of a process on: it runs once it says so, and is ready once its probes say so. */
  async #serve(
    process: RackProcess,
    ready: RegExp | undefined,
    { startedAt, signal }: { readonly startedAt: string; readonly signal: AbortSignal },
  ): Promise<void> {
    if (ready !== undefined) await process.waitForLine(ready).catch(() => undefined);
    if (signal.aborted) return;
    const { startupProbe, livenessProbe, readinessProbe } = this.#options.spec;
    this.#hasStarted = startupProbe === undefined;
    this.#isReady = this.#hasStarted && readinessProbe === undefined;
    this.#set({ running: { startedAt } });
    if (startupProbe !== undefined) await this.#untilStarted(startupProbe, signal);
    const setReady = (isGood: boolean): void => {
      if (this.#isReady === isGood) return;
      this.#isReady = isGood;
      this.#options.onChange();
    };
    await Promise.all([
      this.#probe(readinessProbe, setReady, signal),
      this.#probe(livenessProbe, (isGood) => this.#judge(isGood), signal),
    ]);
  }

  async #untilStarted(probe: V1Probe, signal: AbortSignal): Promise<void> {
    const done = new AbortController();
    const judge = (isGood: boolean): void => {
      if (isGood) done.abort();
      else this.#judge(false);
    };
    await this.#probe(probe, judge, AbortSignal.any([signal, done.signal]));
    if (signal.aborted) return;
    this.#hasStarted = true;
    this.#isReady = this.#options.spec.readinessProbe === undefined;
    this.#options.onChange();
  }

  async #probe(probe: V1Probe | undefined, onResult: (isGood: boolean) => void, signal: AbortSignal): Promise<void> {
    const { spec, target } = this.#options;
    if (probe !== undefined) await runProbe(probe, { ...target, container: spec }, onResult, signal);
  }

  /** One that does not live any more is ended; `#run` starts it again. */
  #judge(isAlive: boolean): void {
    if (!isAlive) void this.#terminate(this.#options.graceMs);
  }

  #set(state: ContainerState): void {
    this.#state = state;
    this.#options.onChange();
  }
}

/** As Kubernetes writes times: without fractions. */
export function isoSeconds(): string {
  return `${new Date().toISOString().slice(0, 19)}Z`;
}
