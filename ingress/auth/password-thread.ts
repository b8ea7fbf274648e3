import { Worker } from "node:worker_threads";
import type { PasswordJob, PasswordResult } from "./password-job.ts";

/** What compares passwords with hashes, elsewhere than in the thread that serves requests. */
export interface PasswordThread {
  /** Resolves with whether the password is that of the first hash; rejects where it could not be found out. */
  compare(job: Omit<PasswordJob, "id">): Promise<boolean>;
  close(): Promise<void>;
}

/** Much of what a comparison makes is garbage at once: a small nursery keeps the memory small. */
const NURSERY_MB = 4;

/** A worker thread that begins with the first comparison, and again with the next one after it has failed. */
export function passwordThread(): PasswordThread {
  let worker: Worker | undefined;
  let nextId = 0;
  const waiting = new Map<number, PromiseWithResolvers<boolean>>();

  function start(): Worker {
    const started = new Worker(new URL("password-worker.ts", import.meta.url), {
      resourceLimits: { maxYoungGenerationSizeMb: NURSERY_MB },
    });
    // The program ends when nothing else is left to do.
    started.unref();
    started.on("message", ({ id, isRight }: PasswordResult) => {
      waiting.get(id)?.resolve(isRight);
      waiting.delete(id);
    });
    started.on("error", (error) => fail(started, error));
    started.on("exit", (code) =>
      fail(started, new Error(`the thread that compares passwords ended with code ${code}`)),
    );
    return started;
  }

  function fail(failed: Worker, error: unknown): void {
    if (worker !== failed) return;
    worker = undefined;
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  }

  return {
    compare(job) {
      worker ??= start();
      const id = nextId++;
      const answer = Promise.withResolvers<boolean>();
      waiting.set(id, answer);
      worker.postMessage({ ...job, id } satisfies PasswordJob);
      return answer.promise;
    },
    async close() {
      await worker?.terminate();
    },
  };
}
