import { delay } from "#src/process/clock.ts";
import { createWorkLoop } from "#src/process/work-loop.ts";
import { ProblemLog } from "#src/process/problem-log.ts";
import { programKinds } from "#src/source/program-kinds.ts";
import { startStatusLoop, type StatusLoop } from "#ingress/status/status-loop.ts";
import type { IngressContext } from "./ingress-context.ts";
import { KnownObjects } from "./known-objects.ts";
import { lookAgain } from "./look-again.ts";

/** How long requests wait at the start until names are looked up: the program must be ready without DNS, too. */
const NAMES_MS = 2_000;

/** The ingress at work. */
export interface IngressLoop {
  /** Resolves when all changes seen so far are in the route table. */
  idle(): Promise<void>;
  /** Problems there are now. */
  problemCount(): number;
  /** The writer of statuses; undefined where none are written. */
  readonly status: Pick<StatusLoop, "leads" | "writes"> | undefined;
  close(): Promise<void>;
}

/**
 * Keeps the route table and the certificates as the objects say: whatever changes marks work; the work is to read what
 * is new, build what it touches, and swap. Resolves when the first table is in use and the certificates were looked for;
 * rejects if the source cannot open.
 */
export async function startIngressLoop(context: IngressContext): Promise<IngressLoop> {
  const { source, log, publish } = context;
  const problems = new ProblemLog(log);
  const known = new KnownObjects(context, problems, () => loop.mark());
  let status: StatusLoop | undefined;
  const loop = createWorkLoop({
    log,
    run: async () => {
      known.update();
      status?.mark();
    },
  });
  const { opens, opensOnRequest, opensUngranted } = programKinds.ingress;
  const usesNodes = publish?.usesNodes === true || context.nodeName !== undefined;
  await source.open(
    [
      ...opens,
      ...(usesNodes ? opensOnRequest : []),
      ...(context.namespaceSelector === undefined ? [] : opensUngranted),
    ],
    {
      onChange: (changed) => {
        known.mark(changed);
        loop.mark();
      },
      onPresence: () => loop.mark(),
      onProblems: (where, found) => problems.report(where, found),
    },
  );
  loop.mark();
  await loop.idle();
  // Twice: ingress-nginx's ConfigMap names others.
  for (let count = 0; count < 2; count++) {
    await known.settled;
    await loop.idle();
  }
  const waiting = new AbortController();
  await Promise.race([known.namesSettled, delay(NAMES_MS, waiting.signal).catch(() => undefined)]);
  waiting.abort();
  await loop.idle();
  known.logForeignClasses();
  if (publish !== undefined)
    status = startStatusLoop({
      source,
      log,
      lingers: publish.usesNodes,
      publishedAddresses: () => known.publishedAddresses(publish),
      standingOf: (key) => known.standingOf(key),
      notices: () => known.notices(),
      policyVerdicts: () => known.policies.verdicts(),
      standingsVersion: () => known.standingsVersion,
      onProblems: (found) => problems.report("published addresses", found),
    });
  const ageing = new AbortController();
  void lookAgain(ageing.signal, () => {
    known.markSecrets();
    loop.mark();
  });
  return {
    idle: () => loop.idle(),
    problemCount: () => problems.count,
    status,
    close: async () => {
      ageing.abort();
      known.close();
      await Promise.all([status?.close(), loop.close()]);
    },
  };
}
