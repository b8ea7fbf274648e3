import { withPlacePrinted, type Problem } from "#src/model/problem.ts";
import { monotonicMs } from "#src/process/clock.ts";
import type { OptionSpecs, OptionValues } from "#src/process/option-spec.ts";
import type { ProgramIo } from "#src/process/program-io.ts";
import { findApiConfig } from "#src/source/kubernetes/kubeconfig/find-config.ts";
import type { LookedPage } from "#src/page/page-stream.ts";
import { explain } from "#src/view/explain.ts";
import type { ExplainInput } from "#src/view/explain-context.ts";
import { explainUrl } from "#src/view/explain-url.ts";
import type { SeenTraffic } from "#src/view/page/request-counts.ts";
import { viewPage } from "#src/view/page/view-page.ts";
import type { SeenRoutes } from "#src/view/see-routes.ts";
import { isUrlText, readUrlQuestion } from "#src/view/url-question.ts";
import { viewHistory } from "#src/view/view-history.ts";
import { ingressLookOptions } from "./ingress-look-options.ts";
import { lookAtCluster } from "./look-at-cluster.ts";
import { lookOptions } from "./look-options.ts";
import { openFolder } from "./open-folder.ts";
import { metricsOfCluster } from "./metrics-of-cluster.ts";
import { metricsOfUrls } from "./metrics-of-urls.ts";
import { lookAtIngresses } from "./see-ingresses.ts";
import { TrafficLook } from "./traffic-look.ts";

/** The options of commands that look at all of an installation again and again. */
export const liveLookOptions = {
  ...lookOptions("Show"),
  ...ingressLookOptions,
  ingressMetrics: {
    kind: "list",
    placeholder: "URL,...",
    help: "Where the metrics of each ingress are read for requests a second (default: of a cluster through its API server, of a folder nowhere)",
  },
} as const satisfies OptionSpecs;

type LiveLookOptions = OptionValues<typeof liveLookOptions>;

/** An installation that is looked at again and again, until it is closed. */
export interface LiveLook {
  /** What is looked at, in a few words. */
  readonly title: string;
  /** The least time between two looks. */
  readonly everyMs: number;
  look(): Promise<LookedPage>;
  /** The explanation of a Service, an address or a URL, of what was seen last; `why` says why there is none. */
  explain(subject: string): Promise<object>;
  /** The history of a Service or an address; `why` says why there is none. */
  history(subject: string): Promise<object>;
  close(): Promise<void>;
}

const FOLDER_EVERY_MS = 500;
const CLUSTER_EVERY_MS = 5_000;
/** Routes change seldom, and reading them costs as much as all else; the metrics of a large cluster have megabytes. */
const ROUTES_EVERY_MS = { folder: 2_000, cluster: 15_000 } as const;
const NO_URLS = "the page does not find the ingresses of a folder: name their metrics with --ingress-metrics";

type Looked =
  | { readonly ok: true; readonly value: ExplainInput }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Opens a folder or a cluster; a text says why it cannot be read. `waitsForRoutes`: a look has them, however long that takes. */
export async function openLiveLook(
  options: LiveLookOptions,
  { env, waitsForRoutes = false }: { readonly env: ProgramIo["env"]; readonly waitsForRoutes?: boolean },
): Promise<LiveLook | string> {
  const { manifests } = options;
  const folder = manifests === undefined ? undefined : await openFolder({ ...options, manifests });
  if (typeof folder === "string") return `cannot read ${manifests}: ${folder}`;
  const lookOnce = async (): Promise<Looked> =>
    folder === undefined
      ? lookAtCluster({ ...options, env, readsAll: true })
      : { ok: true, value: await folder.look() };
  const routesEveryMs = ROUTES_EVERY_MS[folder === undefined ? "cluster" : "folder"];
  const routes = new PacedLook(async () => {
    const looked = await lookAtIngresses(options, env);
    return looked.ok ? looked.seen : undefined;
  }, routesEveryMs);
  const traffic = new PacedLook(trafficLook(options, env), routesEveryMs);
  let last: ExplainInput | undefined;
  const seen = async (): Promise<ExplainInput | string> => {
    if (last !== undefined) return last;
    const looked = await lookOnce();
    if (!looked.ok) return looked.problems.map(({ what, why }) => `${what}: ${why}`).join("; ");
    last = looked.value;
    return last;
  };
  return {
    title: titleOf(options, env),
    everyMs: folder === undefined ? CLUSTER_EVERY_MS : FOLDER_EVERY_MS,
    async look() {
      traffic.start();
      const [looked] = await Promise.all([lookOnce(), waitsForRoutes ? routes.fresh() : routes.start()]);
      if (!looked.ok) return { ok: false, problems: looked.problems.map(withPlacePrinted) };
      last = looked.value;
      return { ok: true, view: viewPage(looked.value, routes.last, traffic.last) };
    },
    async explain(subject) {
      if (isUrlText(subject)) return explainAsked(subject, routes.last ?? (await routes.fresh()));
      const input = await seen();
      if (typeof input === "string") return { why: input };
      const explained = explain(input, subject);
      return explained.ok ? explained.explanation : { why: explained.why };
    },
    async history(subject) {
      const input = await seen();
      if (typeof input === "string") return { why: input };
      if (input.history === undefined) return { why: "the history cannot be read" };
      const viewed = viewHistory(input, subject);
      return viewed.ok ? viewed.view : { why: viewed.why };
    },
    close: async () => folder?.close(),
  };
}

/** Looks at what ingresses count. */
function trafficLook(options: LiveLookOptions, env: ProgramIo["env"]): () => Promise<SeenTraffic> {
  const { manifests, ingressMetrics } = options;
  const look = new TrafficLook(async () => {
    if (ingressMetrics.length > 0) return metricsOfUrls(ingressMetrics);
    return manifests === undefined ? metricsOfCluster({ ...options, env }) : NO_URLS;
  }, monotonicMs);
  return async () => look.look();
}

function explainAsked(url: string, seen: SeenRoutes | undefined): object {
  if (seen === undefined) return { why: "Ingresses cannot be read" };
  const question = readUrlQuestion({ url, method: "GET", header: [], client: undefined });
  return typeof question === "string" ? { why: question } : explainUrl(seen, question);
}

/** Something as it was seen last: looked at beside all else, which does not wait for it. */
class PacedLook<T> {
  readonly #see: () => Promise<T | undefined>;
  readonly #everyMs: number;
  #seeing: Promise<T | undefined> | undefined;
  #nextMs = -Infinity;
  last: T | undefined;

  constructor(see: () => Promise<T | undefined>, everyMs: number) {
    this.#see = see;
    this.#everyMs = everyMs;
  }

  /** Begins a look when it is time. */
  start(): void {
    if (monotonicMs() >= this.#nextMs) void this.fresh();
  }

  /** Resolves with what a look finds that is under way, or begins now. */
  async fresh(): Promise<T | undefined> {
    this.#seeing ??= this.#see()
      .catch(() => undefined)
      .then((seen) => {
        this.last = seen;
        this.#seeing = undefined;
        this.#nextMs = monotonicMs() + this.#everyMs;
        return seen;
      });
    return this.#seeing;
  }
}

function titleOf(options: LiveLookOptions, env: ProgramIo["env"]): string {
  const { manifests, context } = options;
  if (manifests !== undefined) return `folder ${manifests}`;
  if (context !== undefined) return `cluster ${context}`;
  const config = findApiConfig({ ...options, env });
  return config.ok ? `cluster ${config.value.server}` : "cluster";
}
