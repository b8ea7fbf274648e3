import type { ReportedProblem } from "#lab/hawser/installation.ts";
import type { Host } from "#lab/rack/host.ts";

/** A condition in a Service's status. */
export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

/** What the story asks for, wherever Hawser and its objects live: in a folder of manifests, or in a cluster. */
export interface DemoWorld {
  /** The version that the first article's Ingresses have here. */
  readonly articleVersion: string;
  /** Applies a manifest of this folder: `later/31-china-pods.yaml`. */
  apply(file: string): Promise<void>;
  removeService(key: string): Promise<void>;
  /** Of a Service's status; none while it has none. */
  assignedAddresses(key: string): Promise<readonly string[]>;
  conditions(key: string): Promise<readonly Condition[]>;
  /** The nodes whose speaker says it answers for the address. */
  announcers(ip: string): Promise<readonly string[]>;
  /** What the speaker of a node reports that a person has to fix. */
  problemsOf(node: string): Promise<readonly ReportedProblem[]>;
  /** Tells the speaker of a node to end; resolves when it has. */
  stopSpeaker(node: string): Promise<void>;
  /** Resolves when a speaker works on the node again. */
  restartSpeaker(node: string): Promise<void>;
  /** How a person looks at it while the rack is kept: what to say, and commands for another terminal. */
  readonly visit: {
    readonly words: string;
    readonly directory: string;
    readonly status: string;
    /** Where hawser ui sees it from, and the options that say where to look. */
    readonly page: { readonly host: Host; readonly options: readonly string[] };
  };
  /** Nothing is started any longer; what runs may run until the rack is closed. */
  close(): Promise<void>;
}
