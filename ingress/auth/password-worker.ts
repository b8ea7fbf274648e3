// The worker thread that compares passwords with hashes: that takes up to a second, and would block all requests.
import { parentPort } from "node:worker_threads";
import { verifyPassword } from "#src/auth/verify-password.ts";
import type { PasswordJob, PasswordResult } from "./password-job.ts";

parentPort?.on("message", ({ id, hashes, password }: PasswordJob) => {
  const bytes = Buffer.from(password);
  const [isRight = false] = hashes.map((hash) => verifyPassword(hash, bytes));
  parentPort?.postMessage({ id, isRight } satisfies PasswordResult);
});
