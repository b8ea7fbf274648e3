// A worker thread of the ingress: serves requests on ports that it shares with others, by what the main thread has read.
import { parentPort, workerData } from "node:worker_threads";
import { serveInThread } from "./workers/serve-in-thread.ts";
import type { ToServer, WorkerStart } from "./workers/worker-start.ts";

await serveInThread(workerData as WorkerStart, {
  post: (message, transfer = []) => parentPort?.postMessage(message, [...transfer]),
  listen: (listener) => void parentPort?.on("message", (message: ToServer) => listener(message)),
});
process.exit();
