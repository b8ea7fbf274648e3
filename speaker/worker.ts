// The worker thread of the speaker: sockets, heartbeats and elections live here, so that nothing the main thread does
// (reading thousands of objects, writing status) delays an answer or a heartbeat.
import { parentPort, workerData } from "node:worker_threads";
import type { ToWorker, WorkerSettings } from "./messages.ts";
import { runWorker } from "./run-worker.ts";

await runWorker(workerData as WorkerSettings, {
  post: (message) => parentPort?.postMessage(message),
  listen: (listener) => parentPort?.on("message", (message: ToWorker) => listener(message)),
});
