import { parseTemplate, type RequestTemplate } from "#src/model/annotations/request-template.ts";
import { readHeaderMap } from "#src/model/header-map.ts";
import type { KubeObject } from "#src/model/object.ts";
import type { Parsed } from "#src/model/problem.ts";

/** Header fields of a question to a service, whose values each request fills. */
export type QuestionHeaders = readonly (readonly [name: string, value: RequestTemplate])[];

/** Reads a ConfigMap (v1) as header fields of questions. It is used as a whole or not at all: a service may let more in without one of them. */
export function parseQuestionHeaders(object: KubeObject): Parsed<QuestionHeaders> {
  const templates: (readonly [string, RequestTemplate])[] = [];
  const { problems } = readHeaderMap(object, ({ name, value }) => {
    const template = parseTemplate(value);
    if (typeof template === "string") return { why: template, fix: "Write a value such as $host, or one without a $" };
    templates.push([name, template]);
    return undefined;
  });
  return problems.length === 0 ? { ok: true, value: templates, problems } : { ok: false, problems };
}
