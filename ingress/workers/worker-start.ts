import type { Problem } from "#src/model/problem.ts";
import type { GivenOptions } from "#ingress/given-options.ts";
import type { RequestPort } from "#ingress/server/request-ports.ts";
import type { RouteChanges } from "#ingress/server/route-changes.ts";
import type { KeyPair } from "#ingress/tls/self-signed.ts";
import type { ServerReport } from "./server-report.ts";
import type { SharedMemory } from "./shared-memory.ts";
import type { ToldUpdate } from "./told-updates.ts";

/** What a worker is started with. No token of the API server, and no key of a Secret: these come when they are to be served. */
export interface WorkerStart extends GivenOptions {
  /** From 0. */
  readonly index: number;
  readonly address: string;
  /** A self-signed certificate for clients whose server name no Secret covers. */
  readonly fallback: KeyPair;
  readonly memory: SharedMemory;
}

/** What a worker hears. */
export type ToServer =
  | { readonly kind: "routes"; readonly changes: RouteChanges }
  | { readonly kind: "told"; readonly told: ToldUpdate }
  | { readonly kind: "listen"; readonly name: RequestPort; readonly port: number }
  | { readonly kind: "report" }
  | { readonly kind: "suspect"; readonly endpoint: string }
  | { readonly kind: "drain" }
  | { readonly kind: "finish"; readonly timeoutMs: number };

/** What a worker says. */
export type FromServer =
  | { readonly kind: "started" }
  | { readonly kind: "listening"; readonly name: RequestPort; readonly port: number }
  | { readonly kind: "cannot-listen"; readonly name: RequestPort; readonly why: string }
  | { readonly kind: "report"; readonly report: ServerReport; readonly isLast: boolean }
  /** What is wrong with the URIs of keys. */
  | { readonly kind: "key-problems"; readonly problems: readonly Problem[] }
  /** An endpoint is skipped from now on: others try it before they send requests there. */
  | { readonly kind: "ejected"; readonly endpoint: string }
  /** Whole lines. */
  | { readonly kind: "log"; readonly line: string }
  | { readonly kind: "access-log"; readonly lines: Uint8Array };
