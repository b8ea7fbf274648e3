import type { RouteRow } from "#src/view/page/route-rows.ts";
import { LongList } from "./long-list.ts";
import { type Child, html, type VNode } from "./preact.js";
import { Section } from "./section.ts";

interface RoutesProps {
  readonly routes: readonly RouteRow[];
  readonly total: number;
  readonly isKnown: boolean;
  onAsk(subject: string): void;
}

const TONES = { ok: "ok", closed: "bad", "no endpoint": "bad", certificate: "warn" } as const;

/** The route table of the ingress: hosts, paths, where requests go, and certificates. */
export function Routes({ routes, total, isKnown, onAsk }: RoutesProps): VNode {
  const empty = isKnown ? "No Ingress is served." : "Ingresses are not read yet, or may not be read.";
  const shown = routes.length;
  return html`<${Section} id="routes" name="Routes" shown=${shown} total=${isKnown ? total : undefined} empty=${empty}>
    <${LongList}
      label="Routes"
      className="routes"
      columns=${["Host and path", "Goes to", "Endpoints", "Requests/s", "5xx", "Certificate", "Ingress"]}
      rows=${routes}
      keyOf=${({ key }: RouteRow) => key}
      toneOf=${({ health }: RouteRow) => TONES[health]}
      cellsOf=${(row: RouteRow) => cellsOf(row, onAsk)}
    />
  <//>`;
}

function cellsOf(row: RouteRow, onAsk: (subject: string) => void): readonly Child[] {
  const { host, path, service, redirect, answer, closed, why, endpoints, traffic, certificate, ingress } = row;
  const url = `${certificate === null ? "http" : "https"}://${host.replace(/^\*$/, "any.invalid").replace(/^\*\./, "any.")}${path}`;
  const target = service ?? redirect ?? (answer === null ? "" : `answers ${answer}`);
  return [
    html`<button class="link" title=${`${host}${path}`} onClick=${() => onAsk(url)}>
      ${host}<span class="path">${path}</span>
    </button>`,
    closed === null
      ? html`<span title=${target}>${target}</span>`
      : html`<span class="reason bad" title=${why}>503 ${closed}</span>`,
    service === null || closed !== null
      ? ""
      : endpoints === null
        ? html`<span class="unknown">?</span>`
        : String(endpoints),
    traffic === null
      ? html`<span class="unknown">?</span>`
      : html`<span title="Of all rules of the Ingress">${traffic.perSecond}</span>`,
    traffic === null
      ? html`<span class="unknown">?</span>`
      : html`<span class=${traffic.failedPercent > 0 ? "reason bad" : ""}>${traffic.failedPercent} %</span>`,
    viewCertificate(certificate),
    html`<span title=${ingress}>${ingress}</span>`,
  ];
}

function viewCertificate(certificate: RouteRow["certificate"]): Child {
  if (certificate === null) return html`<span class="quiet">none</span>`;
  const { verdict, days, why } = certificate;
  if (verdict === "unknown") return html`<span class="unknown" title="The Secret may not be read.">?</span>`;
  const text = days === null ? "default" : days < 0 ? `expired ${-days} d ago` : `${days} d`;
  const tone = verdict === "bad" ? "bad" : days !== null && days < 14 ? "warn" : "";
  return html`<span class=${`reason ${tone}`} title=${why}
    >${verdict === "bad" && days !== null && days >= 0 ? `refused, ${text}` : text}</span
  >`;
}
