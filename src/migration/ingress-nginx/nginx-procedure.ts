import type { MigrationStep } from "#src/migration/migration-procedure.ts";
import { WAYS } from "./nginx-form.ts";
import { classScopeOf, type NginxInstallation } from "./nginx-installation.ts";

const SHOW_STATUSES =
  "kubectl get ingresses --all-namespaces -o custom-columns='N:.metadata.namespace,I:.metadata.name,AT:.status.loadBalancer.ingress[*]'";

/**
 * The steps in which Hawser takes ingress-nginx's place. Both serve all Ingresses meanwhile, each at its own address, and
 * never do both write statuses. `host`: one that an Ingress names, to try.
 */
export function nginxProcedure(nginx: NginxInstallation, host: string | undefined): readonly MigrationStep[] {
  return [
    saveStep(nginx),
    installStep(nginx),
    tryStep(nginx, host),
    silenceStep(nginx),
    handOverStep(nginx),
    undoStep(nginx),
    removeStep(nginx),
  ];
}

function rollout({ exposure }: NginxInstallation): string {
  return `kubectl rollout status ${WAYS[exposure].workload.toLowerCase()}/hawser-ingress --namespace hawser-system --timeout=3m`;
}

function programOf({ kind, name }: NginxInstallation): string {
  return `${kind.toLowerCase()}/${name}`;
}

function saveStep(nginx: NginxInstallation): MigrationStep {
  const { ingressClass } = classScopeOf(nginx);
  return {
    title: "Save what is there",
    commands: [
      "kubectl get ingresses --all-namespaces -o yaml > ingresses-before.yaml",
      `kubectl get ingressclass ${ingressClass} -o yaml > ingress-class-before.yaml`,
      `kubectl get deployments,daemonsets,services,configmaps --namespace ${nginx.namespace} -o yaml > ingress-nginx-before.yaml`,
    ],
    text: "Write the files above beside the folder install, and load Hawser's image on the nodes (README.md says how). Change what is refused above first, or leave these hosts at ingress-nginx: where a path is closed, Hawser answers 503.",
  };
}

function installStep(nginx: NginxInstallation): MigrationStep {
  const ports =
    nginx.exposure === "host-network"
      ? " Both listen on ports 80 and 443 of their nodes: give the label hawser.dev/ingress=true to nodes on which ingress-nginx does not run."
      : "";
  return {
    title: "Install Hawser beside it, silent",
    commands: ["kubectl apply -k hawser-quiet", rollout(nginx)],
    text: `It serves the same Ingresses at an address of its own, and writes no status. So external-dns and the users of the Ingresses see no change.${ports}`,
  };
}

function tryStep({ exposure }: NginxInstallation, host = "HOST"): MigrationStep {
  const address =
    exposure === "load-balancer"
      ? [
          "ADDRESS=$(kubectl get service hawser-ingress --namespace hawser-system -o jsonpath='{.status.loadBalancer.ingress[0].ip}')",
        ]
      : ["kubectl get nodes -o wide"];
  const to = exposure === "load-balancer" ? "$ADDRESS" : "NODE";
  const port = exposure === "node-port" ? 30_443 : 443;
  return {
    title: "Try it",
    commands: [...address, `curl --insecure --resolve ${host}:${port}:${to} https://${host}:${port}/`],
    text: "Ask for each of your hosts so, and compare with what ingress-nginx answers. hawser check --cluster says what is closed, and why.",
  };
}

/** Takes the flags of statuses into the program's arguments: the last of several with one name counts. */
function patchOf(nginx: NginxInstallation, flags: readonly string[]): string {
  const path = `/spec/template/spec/containers/${nginx.container}/args/-`;
  const operations = JSON.stringify(flags.map((value) => ({ op: "add", path, value })));
  return `kubectl patch ${programOf(nginx)} --namespace ${nginx.namespace} --type=json --patch '${operations}'`;
}

function silenceStep(nginx: NginxInstallation): MigrationStep {
  const emptied =
    nginx.kind === "DaemonSet"
      ? " A DaemonSet that has a single pod empties the statuses while that pod is replaced: go on at once with the next step."
      : "";
  return {
    title: "Let ingress-nginx write no statuses",
    commands: [
      patchOf(nginx, ["--update-status=false", "--update-status-on-shutdown=false"]),
      `kubectl rollout status ${programOf(nginx)} --namespace ${nginx.namespace} --timeout=5m`,
    ],
    text: `It goes on serving, and leaves in the statuses what they have. Where Helm, Argo CD or Flux keeps it as it is, write the two flags there (controller.extraArgs).${emptied}`,
  };
}

function handOverStep(nginx: NginxInstallation): MigrationStep {
  const same =
    nginx.exposure === "load-balancer"
      ? " To keep the address instead, where Hawser or MetalLB assigns it: give the Service of ingress-nginx the type ClusterIP, and annotate the Service hawser-ingress with hawser.dev/load-balancer-ips and that address."
      : "";
  return {
    title: "Hand the statuses over",
    commands: ["kubectl apply -k hawser", rollout(nginx), SHOW_STATUSES],
    text: `Hawser writes its address into every Ingress that it serves, and external-dns takes it from there. Clients that still know the old address reach ingress-nginx, which serves them as before: leave it until nothing comes any longer.${same}`,
  };
}

function undoStep(nginx: NginxInstallation): MigrationStep {
  return {
    title: "To go back, at any point",
    commands: ["kubectl apply -k hawser-quiet", rollout(nginx), patchOf(nginx, ["--update-status=true"])],
    text: "Hawser writes no status any longer when its old pods have ended, and ingress-nginx writes its own again within a minute.",
  };
}

function removeStep(nginx: NginxInstallation): MigrationStep {
  const { namespace, isHelm } = nginx;
  const removal = isHelm
    ? `helm list --namespace ${namespace}`
    : `kubectl delete ${programOf(nginx)} --namespace ${namespace}`;
  const how = isHelm ? "helm uninstall with the name of its release removes the rest, its IngressClass too. " : "";
  return {
    title: "When nothing comes to it any longer: remove ingress-nginx",
    commands: [
      "kubectl delete validatingwebhookconfiguration ingress-nginx-admission --ignore-not-found",
      removal,
      "kubectl apply -f ingress-class.yaml",
    ],
    text: `Its webhook goes first: without the program the API server would refuse every change of an Ingress. ${how}Hawser serves the class by its name while the object is missing, and the last command brings it back.`,
  };
}
