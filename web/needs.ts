import type { NeedRow } from "#src/view/page/need-rows.ts";
import { Age } from "./age.ts";
import { html, type VNode } from "./preact.js";
import { Section } from "./section.ts";

/** Rows shown before a person asks for all. */
const FEW = 6;

interface NeedsProps {
  readonly needs: readonly NeedRow[];
  readonly total: number;
  readonly isAll: boolean;
  readonly nowMs: number;
  onAll(): void;
  onAsk(subject: string): void;
}

/** What a person has to do: what is wrong, since when, and how it is fixed. */
export function Needs({ needs, total, isAll, nowMs, onAll, onAsk }: NeedsProps): VNode {
  const shown = isAll ? needs : needs.slice(0, FEW);
  const alarms = needs.filter(({ severity }) => severity === "alarm").length;
  return html`<${Section}
    id="needs"
    name="Needs you"
    className=${alarms > 0 ? "needs alarmed" : "needs"}
    shown=${needs.length}
    total=${total}
    empty=${html`<span class="mark ok">ok</span> Nothing needs you.`}
  >
    <ul>
      ${shown.map((row) => html`<${Need} key=${row.key} row=${row} nowMs=${nowMs} onAsk=${onAsk} />`)}
    </ul>
    ${needs.length > shown.length && html`<button class="more" onClick=${onAll}>Show all ${needs.length}</button>`}
  <//>`;
}

function Need({
  row,
  nowMs,
  onAsk,
}: {
  readonly row: NeedRow;
  readonly nowMs: number;
  readonly onAsk: (subject: string) => void;
}): VNode {
  const { severity, about, reason, text, fix, subject, since } = row;
  return html`<li class=${`need ${severity}`}>
    <span class=${`mark ${severity === "alarm" ? "bad" : "warn"}`}>${severity}</span>
    <div>
      <p class="head">
        ${subject === "" ? html`<strong>${about}</strong>` : html`<button class="link" onClick=${() => onAsk(subject)}>${about}</button>`}
        ${reason !== "" && html` <code>${reason}</code>`} <${Age} at=${since} nowMs=${nowMs} />
      </p>
      <p>${text}</p>
      ${fix !== "" && html`<p class="fix">${fix}</p>`}
    </div>
  </li>`;
}
