import { TOKEN_FAULTS, type TokenFault } from "./token-fault.ts";

/** What `WWW-Authenticate` says (RFC 6750 section 3) of a request; `realm`: the host that it is for. */
export function bearerChallenge(
  realm: string,
  error?:
    | { readonly kind: "invalid_token"; readonly fault: TokenFault }
    | { readonly kind: "invalid_request" }
    | { readonly kind: "insufficient_scope"; readonly scopes: readonly string[] },
): string {
  const start = `Bearer realm="${realm.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
  if (error === undefined) return start;
  const { kind } = error;
  const said = `${start}, error="${kind}", error_description="${descriptionOf(error)}"`;
  const scope = kind === "insufficient_scope" && error.scopes.length > 0 ? error.scopes.join(" ") : undefined;
  return scope === undefined ? said : `${said}, scope="${scope}"`;
}

function descriptionOf(error: NonNullable<Parameters<typeof bearerChallenge>[1]>): string {
  switch (error.kind) {
    case "invalid_token":
      return TOKEN_FAULTS[error.fault];
    case "invalid_request":
      return "The request has several tokens";
    default:
      return "The token does not allow this request";
  }
}
