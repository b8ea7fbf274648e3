import { type JudgedSetting, judgeSettings } from "#src/model/ingress-nginx/judge-setting.ts";
import { isDnsSubdomain } from "#src/model/name.ts";
import type { KubeObject } from "#src/model/object.ts";
import type { Problem } from "#src/model/problem.ts";
import { recordOf, recordsOf, textOf } from "#src/model/record.ts";
import type { MigrationStep } from "#src/migration/migration-procedure.ts";
import type { MigrationFile } from "#src/migration/our-form.ts";
import { type JudgedIngress, judgeIngress } from "./judge-ingress.ts";
import { nginxForm } from "./nginx-form.ts";
import { classScopeOf, type NginxInstallation } from "./nginx-installation.ts";
import { nginxProcedure } from "./nginx-procedure.ts";

/** What a migration from ingress-nginx comes to. */
export interface NginxMigrationReport {
  readonly namespace: string;
  /** The class that its Ingresses have, and the controller that the IngressClass names. */
  readonly ingressClass: string;
  readonly controllerClass: string;
  /** Its Deployment or DaemonSet, or the values of its chart, were seen. */
  readonly isSeen: boolean;
  /** Its ConfigMap, or the values of its chart, were seen. */
  readonly hasConfig: boolean;
  /** In the order of their names. */
  readonly ingresses: readonly JudgedIngress[];
  /** How many Ingresses there are of other classes. */
  readonly otherIngresses: number;
  readonly settings: readonly JudgedSetting[];
  readonly files: readonly MigrationFile[];
  readonly steps: readonly MigrationStep[];
  /** What is wrong with files, or with what cannot be read of a cluster. */
  readonly problems: readonly Problem[];
}

/** What is seen of Ingresses. */
interface SeenIngresses {
  /** Those that ingress-nginx serves. */
  readonly served: readonly KubeObject[];
  readonly others: number;
  /** What `hawser check` finds in one. */
  readonly problemsOf: (ingress: KubeObject) => readonly Problem[];
}

/** Reports on a migration. */
export function reportNginxMigration(
  nginx: NginxInstallation,
  { served, others, problemsOf }: SeenIngresses,
  problems: readonly Problem[],
): NginxMigrationReport {
  const settings = [...judgeSettings("flag", nginx.flags), ...judgeSettings("key", nginx.config)];
  const ingresses = served.map((one) => judgeIngress(one, problemsOf(one)));
  return {
    namespace: nginx.namespace,
    ...classScopeOf(nginx),
    isSeen: nginx.isSeen,
    hasConfig: nginx.hasConfig,
    ingresses: ingresses.sort((left, right) => (left.ingress < right.ingress ? -1 : 1)),
    otherIngresses: others,
    settings,
    files: nginxForm(nginx, settings),
    steps: nginxProcedure(nginx, served.flatMap(hostsOf)[0]),
    problems,
  };
}

/** Whether every Ingress is served, and nothing that restricts is left out. */
export function isWithoutLoss({ ingresses, settings }: NginxMigrationReport): boolean {
  const isOpen = settings.some(({ verdict }) => verdict.kind === "not-served" && verdict.restricts === true);
  return !isOpen && ingresses.every(({ verdict }) => verdict !== "refused");
}

function hostsOf({ spec }: KubeObject): readonly string[] {
  return recordsOf(recordOf(spec)["rules"]).flatMap(({ host }) => (isDnsSubdomain(textOf(host)) ? [textOf(host)] : []));
}
