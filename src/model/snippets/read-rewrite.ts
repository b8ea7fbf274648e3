import { closedLocation } from "./read-location.ts";
import { matchExpression } from "./read-match.ts";
import { redirectTo } from "./read-return.ts";
import type { ReadDirective } from "./read-snippet.ts";
import type { SnippetLocation } from "./snippet.ts";

const FLAGS: ReadonlyMap<string | undefined, 301 | 302 | undefined> = new Map([
  [undefined, undefined],
  ["last", undefined],
  ["break", undefined],
  ["redirect", 302],
  ["permanent", 301],
]);

/** A path that an expression is, without anything that stands for other characters; a dot stands for itself here. */
const LITERAL = /^\^((?:\/(?:[A-Za-z0-9_~@.-]|\\[.-])+)+)\/?\$?$/;
/** A replacement without groups and variables. */
const FIXED = /^\/[A-Za-z0-9\-._~/]*$/;

/**
 * `rewrite EXPRESSION REPLACEMENT [FLAG]` of a host: a redirect where it is one without groups, else the paths that the expression matches are closed, because
 * another path is served for them in nginx. Undefined where it cannot be said which paths these are.
 */
export function readRewrite(directive: ReadDirective): SnippetLocation | undefined {
  const { args, block } = directive;
  const [expression = "", replacement = "", flag, ...rest] = args;
  const match = matchExpression(expression);
  if (match === undefined || block !== undefined || args.length < 2 || rest.length > 0 || !FLAGS.has(flag))
    return undefined;
  const isUrl = /^(?:https?:\/\/|\$scheme)/.test(replacement);
  const status = FLAGS.get(flag) ?? (isUrl ? 302 : undefined);
  // nginx adds the query of the request, unless the replacement ends with a question mark.
  const answer =
    status === undefined || !/^[^$?]*$/.test(replacement.replace(/^\$scheme/, ""))
      ? undefined
      : redirectTo(`${isUrl ? "" : "$scheme://$host$is_request_port$request_port"}${replacement}$is_args$args`, status);
  return answer === undefined ? closedLocation(match, directive) : { match, answer, responseFields: [] };
}

/** The path and the `rewrite-target` of an Ingress that does what such a directive does; undefined where it is not that simple. */
export function asRewriteTarget({ name, args }: Pick<ReadDirective, "name" | "args">) {
  const [expression = "", target = "", flag] = args;
  const [, path] = LITERAL.exec(expression) ?? [];
  const isInside = flag === undefined || flag === "last" || flag === "break";
  if (name !== "rewrite" || path === undefined || !isInside || !FIXED.test(target)) return undefined;
  return { path: path.replaceAll("\\", ""), target };
}
