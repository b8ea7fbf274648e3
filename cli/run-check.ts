import type { Installation } from "#src/check/checked-set.ts";
import { keyOf } from "#src/model/object.ts";
import { readNamespacedName } from "#src/model/read-namespaced-name.ts";
import { withPlacePrinted } from "#src/model/problem.ts";
import { classOptions } from "#src/process/option-groups.ts";
import type { OptionSpecs, OptionValues } from "#src/process/option-spec.ts";
import { EXIT_USAGE } from "#src/process/options.ts";
import type { ProgramIo } from "#src/process/program-io.ts";
import { printProblems, readOptions } from "#src/process/read-options.ts";
import { INGRESS_CONTROLLER } from "#src/routing/ingress/routing-snapshot.ts";
import { configMapRef, installationOptions } from "#src/source/source-options.ts";
import { checkCluster } from "./check-cluster.ts";
import { checkFiles } from "./check-files.ts";
import type { CheckResult } from "./check-result.ts";
import { clusterOptions } from "./cluster-options.ts";
import { formOf, outputOptions } from "./output-options.ts";
import { printFindings, printSummary } from "./print-finding.ts";
import { printOutput } from "./print-output.ts";
import { readCheckedFiles } from "./read-checked-files.ts";
import { serviceClassOf } from "#src/model/service-class.ts";

/** Its options. */
export const checkOptions = {
  filename: {
    kind: "list",
    short: "f",
    placeholder: "FILE",
    help: "The same as FILE alone, as kubectl has it; may be repeated",
  },
  cluster: { kind: "boolean", help: "Check the objects of a cluster instead of files" },
  ...clusterOptions,
  ...installationOptions,
  ...classOptions("Check", "controller"),
  ingressClass: { kind: "string", default: "hawser", help: "Name of the IngressClass that the ingress serves" },
  controllerClass: {
    kind: "string",
    default: INGRESS_CONTROLLER,
    placeholder: "CONTROLLER",
    help: "Check the Ingresses of classes with this spec.controller, as the ingress serves them by --controller-class",
  },
  compat: {
    kind: "string",
    choices: ["hawser", "nginx"],
    default: "hawser",
    help: "Compare paths as the ingress does by --compat; for Ingresses of ingress-nginx it is said where the two differ",
  },
  sslPassthrough: {
    kind: "boolean",
    help: "The ingress runs with --ssl-passthrough: without it an Ingress that says ssl-passthrough is closed",
  },
  defaultBackendService: {
    kind: "string",
    placeholder: "NAMESPACE/NAME",
    help: "Check the Service that the ingress runs with by its --default-backend-service",
  },
  defaultSslCertificate: {
    kind: "string",
    placeholder: "NAMESPACE/NAME",
    help: "Check the Secret that the ingress runs with by its --default-ssl-certificate",
  },
  nginxConfigMap: {
    kind: "string",
    placeholder: "NAMESPACE/NAME",
    help: "Check Ingresses with the ConfigMap of ingress-nginx that the ingress reads by its --nginx-config-map",
  },
  rateLimitStore: {
    kind: "string",
    placeholder: "URL",
    help: "The ingress runs with --rate-limit-store: without it there is a warning about rate limits with shared: true",
  },
  allowedResponseHeaders: {
    kind: "list",
    placeholder: "NAMES",
    help: "Header fields that the ingress lets custom-headers set, by its option of this name (default: not looked at)",
  },
  watchIngressWithoutClass: {
    kind: "boolean",
    help: "Ingresses without a class are Hawser's in a cluster, too, where no class is the default",
  },
  ignoreExcludeLb: { kind: "boolean", help: "The speakers run with --ignore-exclude-lb" },
  ...outputOptions("one object per line for each problem"),
} as const satisfies OptionSpecs;

/** Options whose values are NAMESPACE/NAME. */
const NAMED = [
  ["--nginx-config-map", "nginxConfigMap"],
  ["--default-backend-service", "defaultBackendService"],
  ["--default-ssl-certificate", "defaultSslCertificate"],
] as const;

type Options = OptionValues<typeof checkOptions>;

const about = `Reads manifests as Hawser does and prints everything that is wrong with them: the pools, Services, Ingresses,
certificates and endpoints, each alone and against the others, and what the controller would do: Services that would get
no address, addresses that no node would announce. Nothing is changed, and no cluster is needed; with --cluster,
--kubeconfig or --context the objects of that cluster are read instead.

FILE is a file of YAML or JSON, a folder of them, or - for standard input.
Exit code: 0 when there is no error (there may be warnings), 1 when there is one, 2 for wrong options, or when a file or a
kind of object cannot be read.
docs/errors.md explains every code.`;

/** Runs `hawser check`. Resolves with the exit code. */
export async function runCheck(args: readonly string[], io: ProgramIo): Promise<number> {
  const command = "hawser check";
  const read = readOptions(checkOptions, args, io, { command, about, rest: "FILE..." });
  if (read.kind === "exit") return read.code;
  const { values, rest } = read;
  const paths = [...values.filename, ...rest];
  const namesCluster = values.kubeconfig !== undefined || values.context !== undefined;
  const isCluster = values.cluster || (namesCluster && paths.length === 0);
  if (isCluster === paths.length > 0) {
    const what = isCluster ? "name files or a cluster, not both" : "name at least one file or folder of manifests";
    io.stderr.write(`${command}: ${what}\nSee ${command} --help\n`);
    return EXIT_USAGE;
  }
  const problems = NAMED.flatMap(([option, name]) => readNamespacedName(option, values[name]).problems);
  if (problems.length > 0) return printProblems(io, problems);
  const result = isCluster ? await checkTheCluster(values, io) : await checkPaths(values, paths);
  const { findings } = result;
  const output = {
    documents: () => findings.map(withPlacePrinted),
    text: (isWide: boolean) => printFindings(findings, isWide),
    names: () => findings.flatMap(({ at }) => (at.kind === "object" ? [at.object] : [])),
  };
  io.stdout.write(printOutput(formOf(values), output));
  io.stderr.write(printSummary(result));
  return result.exitCode;
}

async function checkTheCluster(options: Options, { env }: ProgramIo): Promise<CheckResult> {
  const { kubeconfig, context, namespace, watchIngressWithoutClass } = options;
  const installation = installationOf(options, watchIngressWithoutClass);
  return checkCluster({ kubeconfig, context, namespace, installation, env });
}

/** In a folder Ingresses without a class are always Hawser's. */
async function checkPaths(options: Options, paths: readonly string[]): Promise<CheckResult> {
  const files = await Promise.all(paths.map(readCheckedFiles));
  return checkFiles(files.flat(), installationOf(options, true));
}

function installationOf(options: Options, takesIngressesWithoutClass: boolean): Installation {
  const { ingressClass, controllerClass, compat, ignoreExcludeLb } = options;
  const { nginxConfigMap, rateLimitStore, allowedResponseHeaders: allowed } = options;
  const { defaultBackendService: defaultService, defaultSslCertificate: defaultSecret } = options;
  return {
    configMap: keyOf(configMapRef(options)),
    metallbNamespace: options.metallbNamespace,
    ...serviceClassOf(options),
    ingressClass,
    controllerClass,
    compat,
    passesTls: options.sslPassthrough,
    nginxConfigMap,
    defaultService,
    defaultSecret,
    countsTogether: rateLimitStore !== undefined,
    allowedHeaders: allowed.length === 0 ? undefined : new Set(allowed.map((name) => name.toLowerCase())),
    takesIngressesWithoutClass,
    ignoresExcludeLabel: ignoreExcludeLb,
  };
}
