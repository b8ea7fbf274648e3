import type { Explanation } from "#src/view/explain.ts";
import type { HistoryView } from "#src/view/view-history.ts";
import { Age } from "./age.ts";
import { ask } from "./ask.ts";
import { html, useEffect, useRef, useState, type VNode } from "./preact.js";

type Answer<T> = T | { readonly why: string } | undefined;

interface DetailsProps {
  /** A Service, an address or a URL. */
  readonly subject: string;
  /** Another version of what is seen may be explained otherwise. */
  readonly version: number;
  readonly nowMs: number;
  onClose(): void;
  onAsk(subject: string): void;
}

/** Explains one subject step by step, and shows its history. */
export function Details({ subject, version, nowMs, onClose, onAsk }: DetailsProps): VNode {
  const explanation = useAnswer<Explanation>("explain", subject, version);
  const history = useAnswer<HistoryView>("history", subject, version);
  const heading = useRef<HTMLElement | null>(null);
  useEffect(() => heading.current?.focus(), [subject]);
  return html`<aside class="details" aria-labelledby="details">
    <header>
      <h2 id="details" tabindex="-1" ref=${heading}>${subject}</h2>
      <button class="close" onClick=${onClose} aria-label="Close the explanation">Close</button>
    </header>
    ${explanation === undefined && html`<p class="quiet">Looking …</p>`}
    ${explanation !== undefined && "why" in explanation && html`<p class="cannot">Cannot explain it: ${explanation.why}.</p>`}
    ${explanation !== undefined && "steps" in explanation && html`<${Walk} explanation=${explanation} onAsk=${onAsk} />`}
    ${!/^https?:/i.test(subject) && html`<${Changes} history=${history} nowMs=${nowMs} />`}
  </aside>`;
}

function Walk({
  explanation,
  onAsk,
}: {
  readonly explanation: Explanation;
  readonly onAsk: (subject: string) => void;
}): VNode {
  const { subject, steps, next } = explanation;
  const beside = subject.addresses ?? subject.services ?? [];
  return html`<div>
    ${
      beside.length > 0 &&
      html`<p class="beside">
        ${beside.slice(0, 8).map((name) => html`<button class="link mono" key=${name} onClick=${() => onAsk(name)}>${name}</button> `)}
      </p>`
    }
    <p class="next"><strong>Next:</strong> ${next}</p>
    <ol class="walk">
      ${steps.map(
        ({ step, verdict, reason, text }, at) =>
          html`<li key=${at} class=${verdict}>
            <span class=${`mark ${verdict}`}>${verdict === "unknown" ? "?" : verdict}</span>
            <div>
              <strong>${step}</strong>${reason !== "" && html` <code>${reason}</code>`}
              <p>${text}</p>
            </div>
          </li>`,
      )}
    </ol>
  </div>`;
}

function Changes({ history, nowMs }: { readonly history: Answer<HistoryView>; readonly nowMs: number }): VNode {
  return html`<div class="changes">
    <h3>History</h3>
    ${history === undefined && html`<p class="quiet">Looking …</p>`}
    ${history !== undefined && "why" in history && html`<p class="quiet">${history.why}.</p>`}
    ${history !== undefined && "entries" in history && history.entries.length === 0 && html`<p class="quiet">No change is kept.</p>`}
    ${
      history !== undefined &&
      "entries" in history &&
      html`<ol class="hour">
        ${history.entries.toReversed().map(
          ({ at, change, address, service, node, from, cause, silentMs }, index) =>
            html`<li key=${index}>
              <${Age} at=${at} nowMs=${nowMs} /><span class="kind">${change}</span
              ><span class="said"
                ><span class="mono">${address}</span>
                ${service ?? node}${from !== undefined && from !== "" && ` from ${from}`}
                ${cause !== undefined && html` <code>${cause}</code>`}
                ${silentMs !== undefined && html` <span class="gap">silent for ${silentMs} ms</span>`}</span
              >
            </li>`,
        )}
      </ol>`
    }
  </div>`;
}

/** What the server answers about a subject; asked again when what is seen has changed. */
function useAnswer<T>(path: "explain" | "history", subject: string, version: number): Answer<T> {
  const [{ of, answer }, setAnswer] = useState<{ readonly of: string; readonly answer: Answer<T> }>({
    of: "",
    answer: undefined,
  });
  useEffect(() => {
    const ending = new AbortController();
    ask(`${path}?subject=${encodeURIComponent(subject)}`, ending.signal)
      .then(async (response) => (response.ok ? ((await response.json()) as Answer<T>) : { why: await response.text() }))
      .then((found) => setAnswer({ of: subject, answer: found }))
      .catch((error: Error) => {
        if (error.name !== "AbortError") setAnswer({ of: subject, answer: { why: "the server does not answer" } });
      });
    return () => ending.abort();
  }, [path, subject, version]);
  return of === subject ? answer : undefined;
}
