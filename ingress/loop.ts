import { parseEndpointSlice } from "#src/model/endpoints.ts";
import { type Ingress, parseIngress, parseIngressClass } from "#src/model/ingress.ts";
import type { Kind, KubeObject } from "#src/model/object.ts";
import type { Parsed } from "#src/model/problem.ts";
import { parseTlsSecret, type TlsSecret } from "#src/model/secret.ts";
import { parseService } from "#src/model/service.ts";
import type { Logger } from "#src/process/log.ts";
import { createWorkLoop } from "#src/process/loop.ts";
import { ProblemLog } from "#src/process/problem-log.ts";
import type { ClassScope } from "#src/routing/snapshot.ts";
import type { RouteTable } from "#src/routing/table.ts";
import { ParsedObjects } from "#src/source/parsed-objects.ts";
import type { Source } from "#src/source/source.ts";
import { RouteIndex } from "./route-index.ts";
import { certificateClaims, type Certificates } from "./tls/certificates.ts";

const KINDS: readonly Kind[] = ["Ingress", "IngressClass", "Service", "EndpointSlice", "Secret"];

/** What the ingress is given. */
export interface IngressContext {
  readonly source: Source;
  readonly scope: ClassScope;
  readonly certificates: Certificates;
  readonly log: Logger;
  /** Takes each new route table. */
  readonly useRoutes: (table: RouteTable) => void;
}

/** The ingress at work. */
export interface IngressLoop {
  /** Resolves when all changes seen so far are in the route table. */
  idle(): Promise<void>;
  /** Problems there are now. */
  problemCount(): number;
  close(): Promise<void>;
}

/**
 * Keeps the route table and the certificates as the objects say: whatever changes marks work; the work is to read what
 * is new, build what it touches, and swap. Resolves when the first table is in use; rejects if the source cannot open.
 */
export async function startIngressLoop(context: IngressContext): Promise<IngressLoop> {
  const { source, log } = context;
  const problems = new ProblemLog(log);
  const update = createUpdate(context, problems);
  const loop = createWorkLoop({
    log,
    run: async () => {
      update();
    },
  });
  await source.open(KINDS, {
    onChange: () => loop.mark(),
    onProblems: (where, found) => problems.report(where, found),
  });
  loop.mark();
  await loop.idle();
  return { idle: () => loop.idle(), problemCount: () => problems.count, close: () => loop.close() };
}

function createUpdate({ source, scope, certificates, useRoutes }: IngressContext, problems: ProblemLog): () => void {
  const reader = <T>(kind: Kind, parse: (object: KubeObject) => Parsed<T>): ParsedObjects<T> =>
    new ParsedObjects({ parse, onProblems: (key, found) => problems.report(`${kind} ${key}`, found) });
  const ingresses = reader("Ingress", parseIngress);
  const classes = reader("IngressClass", parseIngressClass);
  const services = reader("Service", parseService);
  const slices = reader("EndpointSlice", parseEndpointSlice);
  const secrets = reader("Secret", parseTlsSecret);
  const index = new RouteIndex(scope);
  return () => {
    const changes = {
      ingresses: ingresses.update(source.list("Ingress")),
      classes: classes.update(source.list("IngressClass")),
      services: services.update(source.list("Service")),
      slices: slices.update(source.list("EndpointSlice")),
    };
    if (Object.values(changes).some((list) => list.length > 0)) useRoutes(index.update(changes));
    updateCertificates(index.served(), { source, secrets, certificates, problems });
  };
}

/** Reads only the Secrets that Ingresses name: the others are none of our business, and may hold anything. */
function updateCertificates(
  ingresses: readonly Ingress[],
  to: {
    readonly source: Source;
    readonly secrets: ParsedObjects<TlsSecret>;
    readonly certificates: Certificates;
    readonly problems: ProblemLog;
  },
): void {
  const claims = certificateClaims(ingresses);
  const wanted = new Set(claims.values());
  const present = to.source.list("Secret");
  to.secrets.update(new Map([...present].filter(([key]) => wanted.has(key))));
  const usable = new Map(
    [...wanted].flatMap((key) => {
      const secret = to.secrets.get(key);
      return secret === undefined ? [] : [[key, secret] as const];
    }),
  );
  to.problems.report("certificates", to.certificates.use(claims, usable));
  const missing = [...wanted].filter((key) => !present.has(key));
  to.problems.report(
    "missing secrets",
    missing.map((key) => ({
      code: "INGRESS_SECRET_MISSING",
      where: `Secret "${key}"`,
      what: "Cannot serve its certificate",
      why: "an Ingress names it, and there is none",
      fix: "Create it; until then the default certificate is served",
      severity: "warning",
    })),
  );
}
