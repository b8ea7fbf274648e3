import type { LimitStatuses } from "#src/filters/filter-state.ts";
import type { ProgramSettings } from "#src/model/ingress-nginx/program-settings.ts";
import { limitStatus } from "#src/model/limit-status.ts";
import { hostOf } from "#src/routing/host.ts";
import { isKnownHost } from "#src/routing/route.ts";
import type { AccessLogOptions } from "./engine/log/access-log.ts";
import type { Engine } from "./engine/engine.ts";
import type { Limits } from "./engine/limits.ts";
import type { GivenOptions } from "./given-options.ts";
import { limitsWith } from "./limits-with.ts";
import { logFormatOf } from "./engine/log/template-log-format.ts";

/** What the options of the program say. */
interface ByOptions {
  /** 400 to 599. */
  readonly limitStatus: number;
  readonly sslRejectHandshake: boolean;
  /** undefined: there is no access log. */
  readonly accessLog: AccessLogOptions | undefined;
  /** Which of them were given: these count before the ConfigMap. */
  readonly given: GivenOptions["given"];
  /** Programs or threads that serve together, of what all of them may do. */
  readonly engines: number;
}

type EngineInUse = Pick<Engine, "routes" | "limitStatuses" | "accessLog" | "limits">;

/** What counts for all requests: what the options say, and what ingress-nginx's ConfigMap says instead. */
export class ProgramInUse {
  readonly #engine: EngineInUse;
  readonly #limits: Limits;
  readonly #options: ByOptions;
  readonly #statuses: LimitStatuses | undefined;
  #rejectsUnknownHosts: boolean;

  constructor(engine: EngineInUse, options: ByOptions) {
    this.#engine = engine;
    this.#limits = engine.limits;
    this.#options = options;
    this.#rejectsUnknownHosts = options.sslRejectHandshake;
    const status = limitStatus(options.limitStatus);
    this.#statuses = status && { rate: status, connections: status };
    engine.limitStatuses = this.#statuses;
  }

  /** Whether a client that gives this server name, or none, gets no TLS handshake. */
  rejects(serverName: string | undefined): boolean {
    if (!this.#rejectsUnknownHosts) return false;
    const host = hostOf(serverName ?? "");
    return host === undefined || host === "" || !isKnownHost(this.#engine.routes, host);
  }

  /** Takes what the ConfigMap says; where it says nothing the options count. */
  use({ limitStatuses, rejectsUnknownHosts, logTemplate, unloggedPaths, connections: said }: ProgramSettings): void {
    const { sslRejectHandshake, accessLog = {}, given } = this.#options;
    const { rate = this.#statuses?.rate, connections = this.#statuses?.connections } = limitStatuses;
    this.#engine.limitStatuses = rate && connections && { rate, connections };
    this.#rejectsUnknownHosts = rejectsUnknownHosts ?? sslRejectHandshake;
    const isFormatOfMap = logTemplate !== undefined && !given.has("accessLogFormat");
    const ofMap = isFormatOfMap ? { format: logFormatOf(logTemplate) } : {};
    const skippedPaths = new Set([...(accessLog.skippedPaths ?? []), ...unloggedPaths]);
    this.#engine.accessLog?.use({ ...accessLog, ...ofMap, skippedPaths });
    this.#engine.limits = limitsWith(this.#limits, said, this.#options);
  }
}
