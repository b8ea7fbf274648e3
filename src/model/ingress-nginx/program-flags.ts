import { isDnsLabel } from "#src/model/name.ts";
import { parseLabelSelector } from "#src/model/parse-label-selector.ts";
import { JUDGE, plainText, secondsWithin } from "./judge.ts";
import type { NginxSetting } from "./nginx-setting.ts";

const OWN_METRICS = "Metrics have names of their own: docs/metrics.md has all";
const portOf = (value: string): string | undefined =>
  /^\d{1,5}$/.test(value) && Number(value) <= 65_535 ? value : undefined;

/** The flags of ingress-nginx's program, as its versions up to 1.15 have them; without the dashes. */
export const PROGRAM_FLAGS: readonly NginxSetting[] = [
  { names: ["controller-class"], judge: JUDGE.option("--controller-class"), byDefault: "k8s.io/ingress-nginx" },
  { names: ["ingress-class"], judge: JUDGE.option("--ingress-class"), byDefault: "nginx" },
  {
    names: ["ingress-class-by-name"],
    judge: JUDGE.same(
      "A class of the name in --ingress-class is served unless its IngressClass names another controller",
    ),
  },
  {
    names: ["watch-ingress-without-class"],
    judge: JUDGE.onOff(
      JUDGE.flag("--watch-ingress-without-class"),
      JUDGE.same("Ingresses without a class are not served"),
    ),
  },
  {
    names: ["watch-namespace"],
    judge: JUDGE.option("--watch-namespace", (value) => (isDnsLabel(value) ? value : undefined)),
  },
  {
    names: ["watch-namespace-selector"],
    judge: JUDGE.option(
      "--watch-namespace-selector",
      (value) => (parseLabelSelector(value) === undefined ? undefined : value),
      "It needs the right to list and watch Namespaces, which our form below has",
    ),
  },
  {
    names: ["publish-service"],
    judge: JUDGE.needless(
      "Hawser publishes the addresses of its own Service, as the manifests say; our form below has the steps",
    ),
  },
  { names: ["publish-status-address"], judge: JUDGE.option("--publish-status-address", listOfAddresses) },
  {
    names: ["report-node-internal-ip-address"],
    judge: JUDGE.onOff(
      JUDGE.notServed(
        "External addresses of nodes are published first, and internal ones where there are none",
        "Write the addresses with --publish-status-address",
      ),
      JUDGE.same("External addresses of nodes are published first"),
    ),
  },
  {
    names: ["update-status"],
    judge: JUDGE.onOff(
      JUDGE.same("Addresses are written into the statuses of Ingresses"),
      JUDGE.flag("--no-update-status"),
    ),
  },
  {
    names: ["update-status-on-shutdown"],
    judge: JUDGE.onOff(
      JUDGE.notServed("Statuses stay as they are when the last pod ends"),
      JUDGE.same("Statuses stay as they are when the last pod ends"),
    ),
  },
  {
    names: ["default-backend-service"],
    judge: JUDGE.where(
      (value) => value.startsWith("("),
      JUDGE.notServed(
        "The chart installs a Service for requests that no rule matches",
        "Start the ingress with --default-backend-service and the name of that Service",
      ),
      JUDGE.option("--default-backend-service"),
    ),
  },
  { names: ["default-ssl-certificate"], judge: JUDGE.option("--default-ssl-certificate") },
  {
    names: ["enable-ssl-passthrough"],
    judge: JUDGE.onOff(
      JUDGE.flag(
        "--ssl-passthrough",
        "Restrictions of such an Ingress that only requests show close it for TLS; Services of type ExternalName get no connections",
      ),
      JUDGE.same("TLS is ended by the ingress. An Ingress with ssl-passthrough is closed, though"),
    ),
  },
  {
    names: ["tcp-services-configmap", "udp-services-configmap"],
    judge: JUDGE.notServed(
      "The ingress serves HTTP alone",
      "Give each of these Services the type LoadBalancer, with the port: Hawser's controller gives it an address",
    ),
  },
  { names: ["http-port"], judge: ofManifests("--http-port") },
  { names: ["https-port"], judge: ofManifests("--https-port") },
  { names: ["default-server-port"], judge: JUDGE.option("--default-backend-port", portOf) },
  { names: ["healthz-port"], judge: JUDGE.needless("Health, readiness and metrics are on --admin-port: 10254, too") },
  {
    names: ["health-check-path", "healthz-host", "health-check-timeout"],
    judge: JUDGE.needless("Health is at /healthz and readiness at /readyz of --admin-port"),
  },
  {
    names: ["annotations-prefix"],
    judge: JUDGE.where(
      (value) => value === "nginx.ingress.kubernetes.io",
      JUDGE.same("Annotations with this prefix are read"),
      JUDGE.restriction(
        "Annotations with this prefix are not read, those that restrict neither",
        "Write them with the prefix nginx.ingress.kubernetes.io or hawser.dev before clients reach Hawser",
      ),
    ),
  },
  {
    names: ["disable-catch-all"],
    judge: JUDGE.onOff(
      JUDGE.restriction("Ingresses without a host are served", "Remove them, or give them another class"),
      JUDGE.same("Ingresses without a host are served"),
    ),
  },
  {
    names: ["shutdown-grace-period"],
    judge: JUDGE.option(
      "--drain-delay",
      secondsWithin(0, 3_600),
      "The pods need as long to end: terminationGracePeriodSeconds",
    ),
  },
  {
    names: ["post-shutdown-grace-period"],
    judge: JUDGE.needless("The program ends when the last request has its answer"),
  },
  {
    names: [
      "election-id",
      "election-ttl",
      "configmap",
      "kubeconfig",
      "apiserver-host",
      "certificate-authority",
      "force-namespace-isolation",
    ],
    judge: JUDGE.needless("Hawser has a Lease, a ConfigMap and rights of its own"),
  },
  {
    names: ["disable-leader-election"],
    judge: JUDGE.onOff(
      JUDGE.notServed("One replica writes statuses, by a Lease"),
      JUDGE.same("One replica writes statuses, by a Lease"),
    ),
  },
  {
    names: ["disable-svc-external-name"],
    judge: JUDGE.onOff(JUDGE.flag("--disable-svc-external-name"), JUDGE.same("It asks for nothing")),
  },
  {
    names: ["enable-topology-aware-routing"],
    judge: JUDGE.onOff(
      JUDGE.notServed(
        "Topology hints are followed where the ingress knows its node",
        "Give --node=$(NODE_NAME), and the right to list Nodes (config/ingress-nodes)",
      ),
      JUDGE.same("It asks for nothing"),
    ),
  },
  {
    names: ["deep-inspect", "enable-annotation-validation", "disable-full-test"],
    judge: JUDGE.needless(
      "No text of an annotation becomes configuration: each is read strictly, or closes what it is about",
    ),
  },
  {
    names: ["validating-webhook", "validating-webhook-certificate", "validating-webhook-key"],
    judge: JUDGE.notServed(
      "No webhook refuses an Ingress: one that cannot be served harms no other",
      "Run hawser check FILE before you apply it",
    ),
  },
  {
    names: ["enable-metrics"],
    judge: JUDGE.onOff(
      JUDGE.flag(
        "--nginx-metrics",
        "Metrics under the names that dashboards of ingress-nginx read, beside Hawser's own",
      ),
      JUDGE.same("Nothing asks for metrics"),
    ),
  },
  {
    names: [
      "metrics-per-host",
      "metrics-per-undefined-host",
      "report-status-classes",
      "time-buckets",
      "length-buckets",
      "size-buckets",
      "exclude-socket-metrics",
      "bucket-factor",
      "max-buckets",
      "monitor-max-batch-size",
    ],
    judge: JUDGE.needless(OWN_METRICS),
  },
  {
    names: ["maxmind-*"],
    judge: JUDGE.notServed("Hawser does not know where addresses are"),
  },
  {
    names: [
      "internal-logger-address",
      "dynamic-configuration-retries",
      "enable-dynamic-configuration",
      "enable-dynamic-certificates",
      "enable-ssl-chain-completion",
      "ssl-passthrough-proxy-port",
      "status-port",
      "status-update-interval",
      "stream-port",
      "profiling",
      "profiler-port",
      "profiler-address",
      "sync-period",
      "sync-rate-limit",
      "sort-backends",
      "version",
      "dry-run",
    ],
    judge: JUDGE.needless("It is about how ingress-nginx works inside"),
  },
  {
    names: [
      "v",
      "vmodule",
      "logtostderr",
      "alsologtostderr",
      "stderrthreshold",
      "log_dir",
      "log_file",
      "log_file_max_size",
      "log_backtrace_at",
      "skip_headers",
      "skip_log_headers",
      "add_dir_header",
      "one_output",
    ],
    judge: JUDGE.needless("--log-level says what is logged"),
  },
];

/** Ports that the manifests of Hawser set, each for its way of exposing the ingress. */
function ofManifests(flag: string) {
  return JUDGE.needless(`${flag} is in Hawser's manifests, which listen where their Services send requests`);
}

function listOfAddresses(value: string): string | undefined {
  return value.split(",").every((part) => plainText(part.trim()) !== undefined)
    ? value.replaceAll(/\s/g, "")
    : undefined;
}
