import type { RouteTable } from "#src/routing/route-table.ts";
import type { BasicAuth } from "#src/auth/basic-auth.ts";
import type { ProgramFigures } from "#ingress/register-metrics.ts";
import type { Certificates } from "#ingress/tls/certificates.ts";
import type { KeptKeys } from "#ingress/token-keys.ts";
import type { RequestPort } from "./request-ports.ts";
import type { RouteChanges } from "./route-changes.ts";
import type { ServingUpdate } from "./serving-update.ts";

/** What is counted where requests are served. */
export type ServedFigures = Pick<
  ProgramFigures,
  | "counters"
  | "gate"
  | "headless"
  | "unsent"
  | "health"
  | "mirrored"
  | "tokenKeys"
  | "sharedCounts"
  | "traffic"
  | "series"
> & {
  /** Problems of what serves. */
  readonly problemCount: () => number;
};

/** What is known of the threads that serve. */
interface WorkerFigures {
  /** How many serve now. */
  readonly serving: () => number;
  /** How many have ended because of a fault. */
  readonly deaths: () => number;
  /** By thread, from 1: the longest that its event loop was late since it was asked last, in seconds. */
  readonly lags: () => ReadonlyMap<number, number>;
}

/** Hears of the ports for requests. */
export interface ListenEvents {
  /** All that serve listen on a port. */
  readonly onListening: (name: RequestPort, detail: string) => void;
  readonly onProblem: (name: RequestPort, detail: string) => void;
}

/** What serves requests, as the reader and the admin port see it: one server in this thread, or several in threads of their own. */
export interface Servers {
  readonly figures: ServedFigures;
  readonly workers: WorkerFigures;
  /** Brings the figures up to date. */
  refresh(): Promise<void>;
  /** Takes the certificates that are served. */
  readonly certificates: Pick<Certificates, "use">;
  readonly tokenKeys: KeptKeys;
  /** `everything`: all that the table is made of, for what begins to serve later. */
  useRoutes(table: RouteTable, changes: RouteChanges, everything: () => RouteChanges): void;
  tell(update: ServingUpdate): void;
  /** Whether the Secret of a rule is there and can be read. */
  knowsPasswords(basic: BasicAuth): boolean;
  /** Resolves when requests could be served. */
  readonly started: Promise<void>;
  listen(events: ListenEvents): void;
  /** From now on the next answer of each connection is its last, and a port that is not ours yet is not waited for. */
  drain(): void;
  /** Stops accepting, waits for requests that are under way at most so long, and closes everything. */
  finish(timeoutMs: number): Promise<void>;
}
