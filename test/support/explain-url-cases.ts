import { globSync, readFileSync } from "node:fs";
import { expect } from "vitest";
import { parse } from "yaml";
import { parseManifests } from "#src/model/manifest.ts";
import { type KubeObject, keyOf } from "#src/model/object.ts";
import type { RoutesInput } from "#src/view/routes-input.ts";
import { seeRoutes, type SeenRoutes } from "#src/view/see-routes.ts";
import { type AskedUrl, readUrlQuestion, type UrlQuestion } from "#src/view/url-question.ts";
import { nginxConfigOf } from "./nginx-config-of.ts";
import { routesInputOf } from "./routes-input-of.ts";

export const explainUrlFolder = new URL("../golden/explain-url/", import.meta.url);

/** The names of the golden cases of `hawser explain URL`. */
export const explainUrlCases = globSync("*.in.yaml", { cwd: explainUrlFolder }).sort();

/** The first document of a case. */
interface Head {
  /** `ask` is the URL. */
  readonly asks: readonly (Partial<AskedUrl> & { readonly ask: string })[];
  readonly options?: Partial<RoutesInput>;
  /** What ingress-nginx's ConfigMap says. */
  readonly config?: Readonly<Record<string, string>>;
  /** Parts that may not be read. */
  readonly unread?: readonly (keyof RoutesInput | "secrets")[];
}

function readCase(name: string): { readonly head: Head; readonly objects: readonly KubeObject[] } {
  const [head = "", ...documents] = readFileSync(new URL(name, explainUrlFolder), "utf8").split(/^---$/m);
  return { head: parse(head) as Head, objects: parseManifests(documents.join("---"), name).objects };
}

/** The objects of a case over those of the base, and the requests that it asks about. */
export function explainUrlCase(name: string): {
  readonly seen: SeenRoutes;
  readonly questions: readonly UrlQuestion[];
} {
  const [base, { head, objects }] = [readCase("base.yaml"), readCase(name)];
  const byName = new Map([...base.objects, ...objects].map((one) => [`${one.kind} ${keyOf(one.metadata)}`, one]));
  const unread = head.unread ?? [];
  const input: RoutesInput = {
    ...routesInputOf([...byName.values()]),
    ...head.options,
    nginxConfig: head.config && nginxConfigOf(head.config),
    ...Object.fromEntries(unread.map((part) => [part, undefined])),
  };
  const seen = seeRoutes(unread.includes("secrets") ? { ...input, secretOf: () => null } : input);
  return { seen, questions: head.asks.map(({ ask, ...more }) => questionOf(ask, more)) };
}

/** A question; the test fails where it cannot be one. */
export function questionOf(url: string, { method = "GET", header = [], client }: Partial<AskedUrl> = {}): UrlQuestion {
  const question = readUrlQuestion({ url, method, header, client });
  return typeof question === "string" ? expect.fail(question) : question;
}
