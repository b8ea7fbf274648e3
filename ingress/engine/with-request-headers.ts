import { expandField } from "#src/auth/expand-url.ts";
import type { SetRequestHeaders } from "#src/auth/parse-request-headers.ts";
import { sameHeaderName } from "#src/auth/same-header-name.ts";
import type { TemplateRequest } from "#src/auth/template-request.ts";
import { type AccessGrant, accessGrant, addGrants } from "./access-grant.ts";

/** What goes with a request, with the fields of all requests; those that its rule, or who let it in, writes stay theirs. */
export function withRequestHeaders(
  { removes, fields }: SetRequestHeaders,
  request: TemplateRequest,
  by: { readonly grant: AccessGrant | undefined; readonly rule: { readonly removes: ReadonlySet<string> } | undefined },
): AccessGrant | undefined {
  const isTheirs = (name: string) => by.grant?.removes.has(name) === true || by.rule?.removes.has(name) === true;
  const written = fields
    .filter(([name]) => !isTheirs(sameHeaderName(name)))
    .map(([name, value]) => [name, expandField(value, request)] as const)
    .filter(([, value]) => value !== "");
  return addGrants(by.grant, accessGrant({ fields: written, cookies: [], removes, alwaysSetsCookie: false }));
}
