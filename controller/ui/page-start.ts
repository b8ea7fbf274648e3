import type { LoggerOptions } from "#src/process/log.ts";
import type { ServiceClass } from "#src/model/service-class.ts";
import type { PagePlace } from "./page-options.ts";

/** What the thread of the page begins with. */
export interface PageStart extends ServiceClass {
  readonly listening: PagePlace;
  readonly kubeconfig: string | undefined;
  /** Of the process: where a pod finds its API server. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly namespace: string;
  /** Option --config-map. */
  readonly configMap: string;
  readonly metallbNamespace: string;
  readonly logLevel: LoggerOptions["level"];
}

/** What the thread says: whole lines of its log. */
export interface FromPage {
  readonly line: string;
}

/** The one message to it: end. */
export type ToPage = "close";
