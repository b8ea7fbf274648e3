import { OPEN_METALLB_KINDS } from "#src/model/kind.ts";
import { type KubeObject, keyOf } from "#src/model/object.ts";
import type { Problem } from "#src/model/problem.ts";
import { type ServiceClass, serviceClassOf } from "#src/model/service-class.ts";
import type { Looked } from "#src/page/live-look.ts";
import { PacedLook } from "#src/page/paced-look.ts";
import { monotonicMs, wallMs } from "#src/process/clock.ts";
import type { Logger } from "#src/process/log.ts";
import { INGRESS_CONTROLLER } from "#src/routing/ingress/routing-snapshot.ts";
import type { ApiConfig } from "#src/source/kubernetes/api/api-config.ts";
import { ClusterLister } from "#src/source/kubernetes/cluster-lister.ts";
import { openKubernetesSource } from "#src/source/kubernetes/kubernetes.ts";
import { COMPONENTS } from "#src/source/components.ts";
import { PAGE_KINDS, resourceScopes, SPEAKER_PODS } from "#src/source/program-kinds.ts";
import type { Source } from "#src/source/source.ts";
import { configMapRef } from "#src/source/source-options.ts";
import { type SeenRoutes, seeRoutes } from "#src/view/see-routes.ts";
import { readSpeakerPod } from "#src/view/speaker-process.ts";

/** What is no longer looked at is watched for so long: a page that is loaded again finds all of it. */
const IDLE_MS = 60_000;
/** Events cannot be listed from the cache of the API server: so much is between two looks at them. */
const EVENTS_EVERY_MS = 30_000;
/** Problems after which what is seen is old. */
const UNREACHABLE: readonly string[] = ["API_SERVER_UNREACHABLE", "API_LOGIN_FAILED"];

export interface WatchedClusterOptions extends ServiceClass {
  readonly config: ApiConfig;
  readonly namespace: string;
  readonly configMap: string;
  readonly metallbNamespace: string;
  readonly log: Logger;
  readonly idleMs?: number;
}

/** What is watched of a cluster while a page is open. */
interface Watched {
  readonly source: Source;
  /** By where they are. */
  readonly problems: Map<string, readonly Problem[]>;
  /** Resolves when all was read once, or there is a Problem. */
  readonly decided: Promise<void>;
  isRead: boolean;
  /** No look has ended yet. */
  isNew: boolean;
}

/**
 * Looks at a cluster by watches: one for each kind, from the first look on until a while after the last one. Who leads is
 * asked at each look, because those Leases change every few seconds; the Events are listed now and then.
 */
export class WatchedCluster {
  readonly #options: WatchedClusterOptions;
  readonly #events: PacedLook<Awaited<ReturnType<ClusterLister["events"]>>>;
  #watched: Watched | undefined;
  #timer: NodeJS.Timeout | undefined;
  #uses = 0;
  #isClosed = false;

  constructor(options: WatchedClusterOptions) {
    this.#options = options;
    this.#events = new PacedLook(
      async () => this.#ask(async (lister) => lister.events(COMPONENTS)),
      EVENTS_EVERY_MS,
      monotonicMs,
    );
  }

  /** Whether the cluster is watched now. */
  get isWatching(): boolean {
    return this.#watched !== undefined;
  }

  async look(): Promise<Looked> {
    return this.#use(async (watched) => this.#look(watched));
  }

  /** The routes; of certificates it is not known what is in them, because the controller may read no Secret. */
  async seeRoutes(): Promise<SeenRoutes | undefined> {
    return this.#use(async ({ isRead, source }) => (isRead ? routesOf(source) : undefined));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#giveUp();
  }

  async #giveUp(): Promise<void> {
    clearTimeout(this.#timer);
    const { source } = this.#watched ?? {};
    this.#watched = undefined;
    await source?.close();
  }

  async #look(watched: Watched): Promise<Looked> {
    const problems = [...watched.problems.values()].flat();
    if (!watched.isRead || problems.some(({ code }) => UNREACHABLE.includes(code))) return { ok: false, problems };
    // The first page has them; later ones do not wait.
    if (watched.isNew) await this.#events.fresh();
    else this.#events.start();
    watched.isNew = false;
    const { namespace, metallbNamespace } = this.#options;
    const { source } = watched;
    const leases = await this.#ask(async (lister) => lister.elections(namespace, COMPONENTS));
    const value = {
      nowMs: wallMs(),
      namespace,
      configMap: keyOf(configMapRef(this.#options)),
      metallbNamespace,
      ...serviceClassOf(this.#options),
      configMaps: listOf(source, "ConfigMap"),
      services: listOf(source, "Service"),
      nodes: listOf(source, "Node"),
      namespaces: listOf(source, "Namespace"),
      slices: listOf(source, "EndpointSlice"),
      ingresses: listOf(source, "Ingress"),
      resources: OPEN_METALLB_KINDS.flatMap((kind) => listOf(source, kind)),
      processes: listOf(source, "Pod").map(readSpeakerPod),
      reports: source.reports(),
      members: source.reports("member"),
      history: source.reports("history"),
      leases,
      events: this.#events.last,
      problems,
    };
    return { ok: true, value };
  }

  /** Does something with what is watched, and goes on watching for a while after that. */
  async #use<T>(use: (watched: Watched) => Promise<T>): Promise<T> {
    clearTimeout(this.#timer);
    this.#uses += 1;
    const watched = (this.#watched ??= this.#watch());
    try {
      await watched.decided;
      return await use(watched);
    } finally {
      this.#uses -= 1;
      if (this.#uses === 0 && !this.#isClosed)
        this.#timer = setTimeout(() => void this.#giveUp(), this.#options.idleMs ?? IDLE_MS).unref();
    }
  }

  #watch(): Watched {
    const { config, namespace, metallbNamespace, log } = this.#options;
    const { namespace: of, name } = configMapRef(this.#options);
    const source = openKubernetesSource({
      config,
      namespace,
      component: "hawser-controller",
      log,
      watchesReports: true,
      watchesMembers: true,
      watchesHistory: true,
      scopes: {
        ...resourceScopes(metallbNamespace),
        ConfigMap: { namespace: of, fieldSelector: `metadata.name=${name}` },
        Pod: { namespace, labelSelector: SPEAKER_PODS },
      },
    });
    const { promise: decided, resolve } = Promise.withResolvers<void>();
    const watched: Watched = { source, problems: new Map(), decided, isRead: false, isNew: true };
    const onProblems = (where: string, problems: readonly Problem[]): void => {
      if (problems.length === 0) watched.problems.delete(where);
      else watched.problems.set(where, problems);
      if (watched.problems.size > 0) resolve();
    };
    const open = async (): Promise<void> => {
      await source.open(PAGE_KINDS, { onChange: () => undefined, onProblems });
      watched.isRead = true;
      resolve();
    };
    void open();
    return watched;
  }

  /** Asks the API server something once; undefined where it cannot be read. */
  async #ask<T>(question: (lister: ClusterLister) => Promise<T>): Promise<T> {
    const lister = new ClusterLister(this.#options.config);
    try {
      return await question(lister);
    } finally {
      lister.close();
    }
  }
}

function routesOf(source: Source): SeenRoutes {
  return seeRoutes({
    nowMs: wallMs(),
    scope: { className: "hawser", controller: INGRESS_CONTROLLER, namespace: undefined, withoutClass: false },
    redirectsToHttps: false,
    defaultSecret: undefined,
    defaultService: undefined,
    servesExternalNames: true,
    ingresses: listOf(source, "Ingress"),
    classes: listOf(source, "IngressClass"),
    policies: listOf(source, "HTTPPolicy"),
    services: listOf(source, "Service"),
    slices: listOf(source, "EndpointSlice"),
    secretOf: () => null,
    problems: [],
  });
}

function listOf(source: Source, kind: (typeof PAGE_KINDS)[number]): readonly KubeObject[] {
  return [...source.list(kind).values()];
}
