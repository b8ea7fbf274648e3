import { type Problem, withPlacePrinted } from "#src/model/problem.ts";
import { explain } from "#src/view/explain.ts";
import type { ExplainInput } from "#src/view/explain-context.ts";
import { explainUrl } from "#src/view/explain-url.ts";
import type { SeenTraffic } from "#src/view/page/request-counts.ts";
import { viewPage } from "#src/view/page/view-page.ts";
import type { SeenRoutes } from "#src/view/see-routes.ts";
import { isUrlText, readUrlQuestion } from "#src/view/url-question.ts";
import { viewHistory } from "#src/view/view-history.ts";
import { PacedLook } from "./paced-look.ts";
import type { LookedPage } from "./page-stream.ts";

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

/** What one look finds; or Problems, where nothing can be seen. */
export type Looked =
  | { readonly ok: true; readonly value: ExplainInput }
  | { readonly ok: false; readonly problems: readonly Problem[] };

export interface LiveLookOptions extends Pick<LiveLook, "title" | "everyMs" | "close"> {
  lookOnce(): Promise<Looked>;
  /** The routes; undefined where they cannot be seen. */
  seeRoutes(): Promise<SeenRoutes | undefined>;
  seeTraffic(): Promise<SeenTraffic>;
  /** The least time between two looks at routes, and at their requests. */
  readonly routesEveryMs: number;
  /** A look has the routes, however long that takes. */
  readonly waitsForRoutes?: boolean | undefined;
  /** Milliseconds that never go back. */
  readonly monotonicMs: () => number;
}

/** Looks at an installation for a page: at all of it, at its routes more seldom, and explains what was seen last. */
export function createLiveLook(options: LiveLookOptions): LiveLook {
  const { title, everyMs, lookOnce, seeRoutes, seeTraffic, routesEveryMs, waitsForRoutes = false } = options;
  const { monotonicMs, close } = options;
  const routes = new PacedLook(seeRoutes, routesEveryMs, monotonicMs);
  const traffic = new PacedLook(seeTraffic, routesEveryMs, monotonicMs);
  let last: ExplainInput | undefined;
  const seen = async (): Promise<ExplainInput | string> => {
    if (last !== undefined) return last;
    const looked = await lookOnce();
    if (!looked.ok) return looked.problems.map(({ what, why }) => `${what}: ${why}`).join("; ");
    last = looked.value;
    return last;
  };
  return {
    title,
    everyMs,
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
    close,
  };
}

function explainAsked(url: string, seen: SeenRoutes | undefined): object {
  if (seen === undefined) return { why: "Ingresses cannot be read" };
  const question = readUrlQuestion({ url, method: "GET", header: [], client: undefined });
  return typeof question === "string" ? { why: question } : explainUrl(seen, question);
}
