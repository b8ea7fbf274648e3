import { complain, type Field } from "#src/model/field.ts";
import type { SettingVerdict } from "./nginx-setting.ts";

/** Whether the program does what one of its flags says, such as `--gzip-level=5`. */
export type IsInForce = ((flag: string) => boolean) | "unknown";

/** Says what is missing of a key of ingress-nginx's ConfigMap that is not read from there. */
export function complainOfKey(field: Field, verdict: SettingVerdict, isInForce: IsInForce): void {
  if (verdict.kind === "unknown") {
    complain(field, "NGINX_KEY_UNKNOWN", {
      what: "Ignored this key",
      why: "ingress-nginx has no such key, as far as Hawser knows",
      fix: verdict.meant === undefined ? "Remove it" : `Did you mean ${verdict.meant}?`,
      severity: "warning",
    });
  } else if (verdict.kind === "option" && isInForce !== "unknown" && !verdict.flags.every(isInForce)) {
    complain(field, "NGINX_KEY_NOT_SERVED", {
      what: "Ignored this key",
      why: "it is an option of the program in Hawser, which is read at its start",
      fix: `Start the ingress with ${verdict.flags.join(" ")}`,
      severity: "warning",
    });
  } else if (verdict.kind === "not-served") {
    const { text, fix = "Remove it if that will do", restricts = false } = verdict;
    complain(field, "NGINX_KEY_NOT_SERVED", {
      what: restricts ? "Ignored this key, which restricts" : "Ignored this key",
      why: text.startsWith("Hawser ") ? text : text.charAt(0).toLowerCase() + text.slice(1),
      fix,
      severity: restricts ? "error" : "warning",
    });
  }
}
