import type { Problem } from "#src/model/problem.ts";
import { LOGIN_FAILED } from "#src/source/kubernetes/api/transport.ts";
import { WENT_BACK } from "./reflector.ts";

/** A failure is reported when it is not the first in a row: a server that restarts is not worth a report. */
const TELL_FROM = 2;

/** The Problem that a failed list or watch is; undefined: not yet one. `what` is what cannot be read: `Services`. */
export function apiProblem(url: string, error: NodeJS.ErrnoException, failures: number): Problem | undefined {
  const code = error.code ?? "";
  const problem = {
    at: { kind: "url", url },
    what: "Cannot read from the Kubernetes API",
    why: error.message,
    severity: "error",
  } as const;
  if (code === "HTTP_401" || code === "HTTP_403") {
    const fix = "Grant it with the Role that Hawser is installed with; until then it goes on with what it knows";
    return { ...problem, code: "API_ACCESS_REFUSED", fix };
  }
  if (code === LOGIN_FAILED) {
    const what = "Cannot log in to the Kubernetes API";
    const fix = "Log in with kubectl, or run by hand what the kubeconfig names (exec, auth-provider)";
    return { ...problem, code: "API_LOGIN_FAILED", what, fix };
  }
  if (code === WENT_BACK) {
    const fix = "If it was restored from a backup on purpose, restart Hawser; until then it goes on with what it knows";
    return { ...problem, code: "API_SERVER_WENT_BACK", fix };
  }
  if (failures < TELL_FROM) return undefined;
  const fix = "Look at the API server and the network; Hawser tries again and goes on with what it knows";
  return { ...problem, code: "API_SERVER_UNREACHABLE", why: causeOf(error), fix };
}

/** A line of a watch that no API server should send. */
export function unknownLine(url: string, line: string): Problem {
  return {
    code: "WATCH_LINE_UNREADABLE",
    at: { kind: "url", url, isWatch: true },
    what: "Cannot read an event of the Kubernetes API",
    why: `it is ${JSON.stringify(line.slice(0, 80))}`,
    fix: "Look for a proxy between Hawser and the API server that changes answers; the event is ignored",
    severity: "warning",
  };
}

function causeOf(error: NodeJS.ErrnoException): string {
  const { code, message } = error;
  if (message !== "") return message;
  // Node tries several addresses of a name, and then says nothing itself.
  const inner = error instanceof AggregateError ? (error.errors as readonly Error[])[0] : undefined;
  return inner?.message ?? code ?? "unknown";
}
