import { parseQuestionHeaders } from "#src/auth/parse-question-headers.ts";
import { parseRequestHeaders } from "#src/auth/parse-request-headers.ts";
import { parseSetHeaders } from "#src/filters/parse-set-headers.ts";
import { AUTH_PROXY_SET_HEADERS, CUSTOM_HEADERS } from "#src/model/annotations/custom-headers.ts";
import { servedField } from "#src/model/annotations/served-field.ts";
import { configMapClaims } from "#src/model/config-map-claims.ts";
import { complain, quote } from "#src/model/field.ts";
import { missingConfig, missingHeadersOfAll } from "#src/model/ingress-nginx/missing-config.ts";
import type { KubeObject } from "#src/model/object.ts";
import type { Problem } from "#src/model/problem.ts";
import type { CheckedSet } from "./checked-set.ts";

type Parse = (object: KubeObject) => { readonly problems: readonly Problem[] };

/**
 * ConfigMaps with header fields that cannot be written; those that ingress-nginx's ConfigMap names and that do not exist, as for the ingress; and
 * as warnings those that Ingresses name, because they may come from elsewhere. Where there is no Service at all, the set is a part
 * of something larger, and nothing that Ingresses name is reported as missing.
 */
export function findBadHeaders(set: CheckedSet): readonly Problem[] {
  const { allowedHeaders = "all", nginxConfigMap } = set.installation;
  const { ofAnswers, ofQuestions } = configMapClaims(set.ingresses);
  const { addHeaders, setHeaders } = set.nginxConfig ?? {};
  const objectOf = (key: string) => set.objectOf("ConfigMap", key);
  const read = (keys: Iterable<string>, parse: Parse) =>
    [...keys].flatMap((key) => {
      const object = objectOf(key);
      return object === undefined ? [] : parse(object).problems;
    });
  const ofAll = [addHeaders, setHeaders].filter((key) => key !== undefined && objectOf(key) === undefined);
  const isConfigMissing = nginxConfigMap !== undefined && objectOf(nginxConfigMap) === undefined;
  return [
    ...(isConfigMissing ? [missingConfig(nginxConfigMap, true)] : []),
    ...ofAll.map((key) => missingHeadersOfAll(key ?? "", nginxConfigMap ?? "")),
    ...read(addHeaders === undefined ? [] : [addHeaders], (object) => parseSetHeaders(object, "all")),
    ...read(setHeaders === undefined ? [] : [setHeaders], parseRequestHeaders),
    ...read(ofAnswers, (object) => parseSetHeaders(object, allowedHeaders)),
    ...read(ofQuestions, parseQuestionHeaders),
    ...(set.services.length === 0 ? [] : findMissing(set)),
  ];
}

/** The annotations of Ingresses that name ConfigMaps which do not exist. */
function findMissing(set: CheckedSet): readonly Problem[] {
  const problems: Problem[] = [];
  for (const { key, settings } of set.ingresses) {
    const named = [
      [CUSTOM_HEADERS, settings.customHeaders],
      [AUTH_PROXY_SET_HEADERS, settings.authSetHeaders],
    ] as const;
    for (const [record, name] of named) {
      const field = servedField(set.rootOf("Ingress", key, problems), record);
      if (name === undefined || field === undefined || set.objectOf("ConfigMap", name) !== undefined) continue;
      complain(field, "INGRESS_HEADERS_MISSING", {
        what: `Cannot find ConfigMap ${quote(name)} with header fields`,
        why: "it does not exist here",
        fix: "Add it, with a key for each header field under data, or fix its name",
        severity: "warning",
      });
    }
  }
  return problems;
}
