import { findProblems } from "#src/check/find-problems.ts";
import { DEFAULT_INSTALLATION } from "#src/check/inspect-objects.ts";
import { ASKS } from "#src/model/annotations/asks.ts";
import { classScopeOf, type NginxInstallation } from "#src/migration/ingress-nginx/nginx-installation.ts";
import {
  isWithoutLoss,
  type NginxMigrationReport,
  reportNginxMigration,
} from "#src/migration/ingress-nginx/report-nginx-migration.ts";
import { ingressClassName } from "#src/model/ingress.ts";
import type { KubeObject } from "#src/model/object.ts";
import { oneLine } from "#src/model/one-line.ts";
import { withPlacePrinted } from "#src/model/problem.ts";
import type { ProblemCode } from "#src/model/problem-codes.ts";
import { wallMs } from "#src/process/clock.ts";
import type { OptionSpecs } from "#src/process/option-spec.ts";
import type { ProgramIo } from "#src/process/program-io.ts";
import { readOptions } from "#src/process/read-options.ts";
import { isServed } from "#src/routing/ingress/routing-snapshot.ts";
import { sourceOptions } from "#src/source/source-options.ts";
import { ingressClasses } from "#src/view/served-ingresses.ts";
import { nameIn, nameOf } from "./check-result.ts";
import { clusterOptions } from "./cluster-options.ts";
import { findingOf } from "./finding-of.ts";
import { objectsByKey } from "./objects-by-key.ts";
import { formOf, outputOptions } from "./output-options.ts";
import { printLines } from "./print-lines.ts";
import { printOutput } from "./print-output.ts";
import { printNginxMigration } from "./print-nginx-migration.ts";
import { readCheckedFiles } from "./read-checked-files.ts";
import { exitCodeOfBlind } from "./see-installation.ts";
import { findNginxInFiles, seeNginx, type SeenNginx } from "./see-nginx.ts";

/** Its options. */
export const migrateNginxOptions = {
  manifests: sourceOptions.manifests,
  ...clusterOptions,
  ...outputOptions("one object with ingresses, settings, files, steps and problems"),
} as const satisfies OptionSpecs;

const command = "hawser migrate ingress-nginx";
const about = `Reads an installation of ingress-nginx and its Ingresses, and prints of each Ingress whether it works in Hawser as it is,
works differently, or is refused, and what to write instead; of each setting of ingress-nginx the option of Hawser for it, or why
there is none; the files that install Hawser's ingress for the same class; and a procedure in which both run side by side without
writing the same statuses. Nothing is changed.

FILE is a file of YAML or JSON, a folder of them, or - for standard input: Ingresses and IngressClasses, the Deployment or DaemonSet
of ingress-nginx and its ConfigMap, as kubectl get -o yaml prints them, or the values of its chart. Without FILE a cluster is read,
or a folder of manifests with --manifests.
Exit code: 0 when every Ingress is served; 3 when one is refused, or when a setting that restricts is not served; 1 when a file or the
cluster cannot be read, or when nothing of ingress-nginx is there; 2 for wrong options.`;
/** An Ingress is refused, or something would be more open. */
const EXIT_LOSS = 3;

/** Of objects that need not be among the files, and of what is the same with ingress-nginx. */
const ELSEWHERE: ReadonlySet<ProblemCode> = new Set<ProblemCode>([
  "INGRESS_SERVICE_MISSING",
  "INGRESS_PORT_MISSING",
  "INGRESS_BACKEND_NOT_SERVED",
  "INGRESS_SECRET_MISSING",
  "INGRESS_AUTH_SECRET_MISSING",
  "INGRESS_CLASS_UNKNOWN",
  "INGRESS_CLASS_FOREIGN",
]);

/** Runs `hawser migrate ingress-nginx`. Resolves with the exit code. */
export async function runMigrateNginx(args: readonly string[], io: ProgramIo): Promise<number> {
  const read = readOptions(migrateNginxOptions, args, io, { command, about, rest: "[FILE...]" });
  if (read.kind === "exit") return read.code;
  const { values: options, rest } = read;
  const paths = rest.length > 0 || options.manifests === undefined ? rest : [options.manifests];
  const isFiles = paths.length > 0;
  const seen = isFiles
    ? findNginxInFiles((await Promise.all(paths.map(readCheckedFiles))).flat())
    : await seeNginx({ ...options, env: io.env });
  const { nginx, problems } = seen;
  const { served, others } = ingressesOf(seen, isFiles);
  if (!nginx.isSeen && !nginx.hasConfig && served.length === 0) {
    const why =
      problems.length > 0 ? "it cannot be read" : "there is nothing of ingress-nginx, and no Ingress of its class";
    io.stderr.write(`${oneLine(`${command}: ${why}`)}\n`);
    io.stderr.write(printLines(problems));
    return problems.length > 0 ? exitCodeOfBlind(problems) : 1;
  }
  const found = findProblems({ objects: seen.objects, installation: installationOf(nginx, isFiles), nowMs: wallMs() });
  const byObject = Map.groupBy(
    found.filter(({ code }) => !ELSEWHERE.has(code)),
    nameIn,
  );
  const problemsOf = (ingress: KubeObject) => byObject.get(nameOf(ingress)) ?? [];
  const report = reportNginxMigration(
    nginx,
    { served, others, problemsOf },
    problems.map((one) => findingOf(one, seen.placeOf)),
  );
  const output = {
    documents: () => [asJson(report)],
    text: (isWide: boolean) => printNginxMigration(report, isWide),
    names: () =>
      objectsByKey(
        "Ingress",
        report.ingresses.map(({ ingress }) => ingress),
      ),
  };
  io.stdout.write(printOutput(formOf(options), output));
  if (problems.some(({ severity }) => severity === "error")) return 1;
  return isWithoutLoss(report) ? 0 : EXIT_LOSS;
}

/** In files Ingresses without a class are ingress-nginx's, unless its flags are among them and say otherwise. */
function takesClassless({ isSeen, flags }: NginxInstallation, isFiles: boolean): boolean {
  const isOn = flags.get("watch-ingress-without-class") === "true";
  return isOn || (isFiles && !isSeen);
}

function installationOf(nginx: NginxInstallation, isFiles: boolean) {
  return {
    ...DEFAULT_INSTALLATION,
    ...classScopeOf(nginx),
    passesTls: ASKS.true(nginx.flags.get("enable-ssl-passthrough") ?? ""),
    takesIngressesWithoutClass: takesClassless(nginx, isFiles),
  };
}

function ingressesOf({ nginx, objects }: SeenNginx, isFiles: boolean) {
  const { ingressClass, controllerClass } = classScopeOf(nginx);
  const scope = { className: ingressClass, controller: controllerClass, withoutClass: takesClassless(nginx, isFiles) };
  const classes = ingressClasses(objects.filter(({ kind }) => kind === "IngressClass"));
  const all = objects.filter(({ kind }) => kind === "Ingress");
  const served = all.filter((object) => isServed({ className: ingressClassName(object) }, classes, scope));
  return { served, others: all.length - served.length };
}

function asJson({ problems, ...report }: NginxMigrationReport): unknown {
  return { ...report, problems: problems.map(withPlacePrinted) };
}
