import { failure, LOGIN_FAILED } from "#src/source/kubernetes/api/transport.ts";

/** The error of a login that failed: its message is the first line of what the program or provider said. */
export function loginFailure(error: unknown): NodeJS.ErrnoException {
  const [line = ""] = (error as Error).message.trim().split("\n", 1);
  return Object.assign(failure(LOGIN_FAILED, line || "it failed without a word"), { cause: error });
}
