import { hostOf } from "#src/routing/host.ts";
import { badStep, type ExplainStep, listNames, okStep, unknownStep } from "./explain-step.ts";
import type { UrlContext } from "./url-context.ts";
import { viewCertificate } from "./view-certificate.ts";

/** The certificate that the client gets; nothing for plain HTTP. */
export function explainUrlCertificate({ seen, question }: UrlContext): readonly ExplainStep[] {
  if (!question.isSecure) return [];
  const host = hostOf(question.authority) ?? question.authority;
  const view = viewCertificate(seen, host);
  const { secret, subject, issuer, notAfter, days, names, isDefault, verdict } = view;
  const [problem] = view.problems;
  if (verdict === "unknown")
    return [
      unknownStep("certificate", {
        text: `A Secret that is named for ${host} may not be read, so its certificate cannot be known.`,
      }),
    ];
  const { reason = "", text: said = "", fix = "" } = problem ?? {};
  if (verdict === "bad") return [badStep("certificate", { reason, text: `${host}: ${said}`, fix })];
  const whose = isDefault ? "the default certificate" : "the certificate";
  const text = `${host} has ${whose} of the Secret ${secret}: ${subject}, for ${listNames(names)}, issued by ${issuer}, until ${notAfter} (${days} days).`;
  return [okStep("certificate", { reason, text: said === "" ? text : `${text} ${said}`, fix })];
}
