import type { HourRow } from "#src/view/page/hour-rows.ts";
import { Age } from "./age.ts";
import { html, type VNode } from "./preact.js";
import { Section } from "./section.ts";

const TONES: Readonly<Record<HourRow["kind"], string>> = {
  takeover: "warn",
  announced: "ok",
  withdrawn: "warn",
  assigned: "ok",
  released: "unknown",
  config: "unknown",
  warning: "bad",
};

const GAP =
  "Clients were not served for so long, at most: from the last sign of life of the node before to the first announcement.";

interface HourProps {
  readonly hour: readonly HourRow[];
  readonly total: number;
  readonly nowMs: number;
  onAsk(subject: string): void;
}

/** What happened in the last hour, the latest first. */
export function Hour({ hour, total, nowMs, onAsk }: HourProps): VNode {
  return html`<${Section} id="hour" name="Last hour" shown=${hour.length} total=${total} empty="Nothing happened.">
    <ol class="hour" tabindex="0" aria-label="What happened">
      ${hour.map(
        ({ key, at, kind, text, reason, subject, gapMs }) =>
          html`<li key=${key}>
            <${Age} at=${at} nowMs=${nowMs} /><span class=${`kind ${TONES[kind]}`}>${kind}</span
            ><span class="said"
              >${subject === "" ? text : html`<button class="link" onClick=${() => onAsk(subject)}>${text}</button>`}
              ${reason !== "" && html` <code>${reason}</code>`}
              ${gapMs !== null && html` <span class="gap" title=${GAP}>gap ≤ ${gapMs} ms</span>`}</span
            >
          </li>`,
      )}
    </ol>
  <//>`;
}
