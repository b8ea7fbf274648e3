import { type Child, html, type VNode } from "./preact.js";

interface SectionProps {
  /** Unique in the page. */
  readonly id: string;
  readonly name: string;
  /** Rows that are shown, and how many there are without the search; undefined: not known. */
  readonly shown: number;
  readonly total: number | undefined;
  /** What is said where there are none. */
  readonly empty: Child;
  readonly className?: string;
  readonly children?: Child;
}

/** A part of the page with its name and the number of its rows. What a search hides is never said to be missing. */
export function Section({ id, name, shown, total, empty, className = "", children }: SectionProps): VNode {
  const count = total === undefined ? "?" : shown === total ? String(total) : `${shown} of ${total}`;
  const isHidden = total !== undefined && total > 0;
  return html`<section class=${`panel ${className}`} aria-labelledby=${id}>
    <h2 id=${id}>${name} <span class="count">${count}</span></h2>
    ${shown > 0 ? children : html`<p class="quiet">${isHidden ? "Nothing here matches the search." : empty}</p>`}
  </section>`;
}
