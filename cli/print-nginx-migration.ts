import type { IngressFinding, JudgedIngress } from "#src/migration/ingress-nginx/judge-ingress.ts";
import { isWithoutLoss, type NginxMigrationReport } from "#src/migration/ingress-nginx/report-nginx-migration.ts";
import { counted } from "#src/model/counted.ts";
import type { JudgedSetting } from "#src/model/ingress-nginx/judge-setting.ts";
import type { SettingVerdict } from "#src/model/ingress-nginx/nginx-setting.ts";
import { oneLine } from "#src/model/one-line.ts";
import { printFile, printSection, printStep } from "./print-section.ts";
import { printLines } from "./print-lines.ts";
import { printTable } from "./table.ts";

const NOT_YET =
  "Not yet: Ingresses would be closed, or more would be open. Change what is refused above, or accept it, before you begin.\n\n";
/** Characters of a value that a line repeats. */
const MAX_VALUE = 60;

/** A report about a migration from ingress-nginx as a person reads it, from what stays as it is to the procedure; where `isWide` with a table of its Ingresses. */
export function printNginxMigration(report: NginxMigrationReport, isWide = false): string {
  const { ingresses, settings, files, steps, problems } = report;
  const withVerdict = (verdict: JudgedIngress["verdict"]) => ingresses.filter((one) => one.verdict === verdict);
  const settingsOf = (...kinds: readonly SettingVerdict["kind"][]) =>
    settings.filter(({ verdict }) => kinds.includes(verdict.kind)).map(printSetting);
  return [
    printIntro(report),
    ...(isWide ? [printVerdicts(ingresses)] : []),
    printSection("Refused: closed, or a part of it", withVerdict("refused").map(printIngress)),
    printSection("Works differently", withVerdict("differs").map(printIngress)),
    printSection("Works as it is", withVerdict("works").map(printIngress)),
    printSection("Settings that Hawser does not serve", settingsOf("not-served")),
    printSection("Settings that are an option of Hawser's ingress", settingsOf("option")),
    printSection("Settings that are so in Hawser, or not needed", settingsOf("same", "needless")),
    printSection("Settings that are not known", settingsOf("unknown")),
    printSection("Our form", [
      "These files are all that has to be written, beside the folder install:\n",
      ...files.map(printFile),
    ]),
    printSection("Procedure", [...(isWithoutLoss(report) ? [] : [NOT_YET]), ...steps.map(printStep)]),
    ...(problems.length === 0 ? [] : [printSection("Problems", [printLines(problems)])]),
  ].join("\n");
}

function printIntro({
  namespace,
  ingressClass,
  controllerClass,
  ingresses,
  otherIngresses,
  ...seen
}: NginxMigrationReport): string {
  const others =
    otherIngresses === 0 ? "" : ` ${counted(otherIngresses, "Ingress", "Ingresses")} of other classes left out.`;
  const hints = [
    ...(seen.isSeen ? [] : ["Its Deployment or DaemonSet is not among the objects, so its flags are unknown."]),
    ...(seen.hasConfig ? [] : ["Its ConfigMap is not among the objects, so its settings are unknown."]),
    ...(seen.isSeen && seen.hasConfig
      ? []
      : [
          `Name a file with them, too: kubectl get deployments,daemonsets,configmaps,services --namespace ${namespace} -o yaml`,
        ]),
  ];
  const lines = [
    `ingress-nginx in namespace ${namespace}, for class ${ingressClass} (${controllerClass}): ${counted(ingresses.length, "Ingress", "Ingresses")}.${others}`,
    ...hints,
  ];
  return lines.map((line) => `${oneLine(line)}\n`).join("");
}

function printVerdicts(ingresses: readonly JudgedIngress[]): string {
  const rows = ingresses.map(({ ingress, verdict, served, needless, findings }) => {
    const codes = [...new Set(findings.map(({ code }) => code))].join(", ");
    return [ingress, verdict, String(served.length), String(needless.length), codes];
  });
  return printTable(["INGRESS", "VERDICT", "SERVED", "NOT NEEDED", "CODES"], rows);
}

function printIngress({ ingress, served, needless, findings }: JudgedIngress): string {
  const withNames = [...served, ...needless].map((name) => name.slice(name.indexOf("/") + 1));
  const suffix = withNames.length === 0 ? "" : ` (with ${withNames.join(", ")})`;
  return `- ${oneLine(`${ingress}${suffix}`)}\n${findings.map(printFinding).join("")}`;
}

function printFinding({ effect, at, text, fix }: IngressFinding): string {
  const note = effect === "note" ? "As with ingress-nginx: " : "";
  return `  - ${oneLine(`${at}: ${note}${text}. ${withStop(fix)}`)}\n`;
}

function printSetting({ kind, name, value, isDefault, verdict }: JudgedSetting): string {
  const shown = value.length > MAX_VALUE ? `${value.slice(0, MAX_VALUE)}...` : value;
  const title = `${kind === "flag" ? "--" : ""}${name}${kind === "flag" ? "=" : ": "}${shown}${isDefault ? " (its default)" : ""}`;
  return `- ${oneLine(`${title}: ${printVerdict(verdict)}`)}\n`;
}

function printVerdict(verdict: SettingVerdict): string {
  if (verdict.kind === "option") return [verdict.flags.join(" "), withStop(verdict.text)].filter(Boolean).join(". ");
  if (verdict.kind === "unknown")
    return `ingress-nginx has no such setting.${verdict.meant === undefined ? "" : ` Did you mean ${verdict.meant}?`}`;
  if (verdict.kind !== "not-served") return withStop(verdict.text);
  const mark = verdict.restricts === true ? "RESTRICTS. " : "";
  return `${mark}${withStop(verdict.text)} ${withStop(verdict.fix)}`.trim();
}

function withStop(text = ""): string {
  return text === "" || /[.?]$/.test(text) ? text : `${text}.`;
}
