import { hasToken, showToken } from "./ask.ts";
import { html, useEffect, useRef, useState, type VNode } from "./preact.js";

interface SignInProps {
  /** Why the server did not answer. */
  readonly why: string;
  /** The person gave a token, or wants to try again. */
  onToken(): void;
}

/** A header field holds visible ASCII alone; what is around it in the clipboard is left out. */
const TOKEN = "\\s*[!-~]+\\s*";

/** Asks for a token of the cluster. */
export function SignIn({ why, onToken }: SignInProps): VNode {
  const [token, setToken] = useState("");
  const field = useRef<HTMLInputElement | null>(null);
  useEffect(() => field.current?.focus(), [why]);
  const submit = (event: Event): void => {
    event.preventDefault();
    showToken(token);
    setToken("");
    onToken();
  };
  return html`<main class="sign-in">
    <form onSubmit=${submit} aria-labelledby="sign-in">
      <h2 id="sign-in">Sign in</h2>
      ${hasToken() && html`<p class="banner" role="alert">${why}</p>`}
      <label for="token">Bearer token of the cluster</label>
      <input
        id="token"
        ref=${field}
        type="password"
        autocomplete="off"
        required
        pattern=${TOKEN}
        title="One word of letters, digits and punctuation"
        value=${token}
        onInput=${({ target }: { readonly target: HTMLInputElement }) => setToken(target.value)}
      />
      <button>Sign in</button>
      <p class="quiet">
        <code>kubectl create token NAME --namespace NAMESPACE</code> prints one of a ServiceAccount that the
        ClusterRole${" "} <code>hawser-ui-viewer</code> is bound to. The token stays in this page: loading it again
        forgets the token.
      </p>
    </form>
  </main>`;
}
