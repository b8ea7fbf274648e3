/** What a speaker says of itself in its report (`speaker-NODE`), as far as it could be read. */
interface SpeakerReport {
  readonly node: string;
  readonly ready: boolean;
  /** ISO 8601; empty where it is unknown. */
  readonly reportedAt: string;
  readonly announcing: readonly { readonly ip: string; readonly term: number; readonly since: string }[];
  /** The speakers it hears, itself included. */
  readonly members: readonly string[];
  readonly interfaces: readonly string[];
}

/** A speaker as all reports together show it. */
export interface SpeakerView extends SpeakerReport {
  /** Whether it lives: the report written last still names it a member. */
  readonly alive: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

/** Reads all speakers' reports, whatever they hold, by name of node. */
export function readSpeakers(reports: ReadonlyMap<string, Fields>): readonly SpeakerView[] {
  const read = [...reports]
    .filter(([name]) => name.startsWith("speaker-"))
    .map(([name, report]) => readReport(name.slice("speaker-".length), report))
    .sort((left, right) => (left.node < right.node ? -1 : 1));
  const latest = read.toSorted((left, right) => (left.reportedAt < right.reportedAt ? 1 : -1))[0];
  return read.map((one) => ({ ...one, alive: one === latest || (latest?.members.includes(one.node) ?? false) }));
}

/** The node that announces an address: of those alive, the one that took it over last. */
export function ownerOf(speakers: readonly SpeakerView[], ip: string): string | undefined {
  const claims = speakers
    .filter(({ alive }) => alive)
    .flatMap(({ node, announcing }) => announcing.filter((one) => one.ip === ip).map(({ term }) => ({ node, term })));
  return claims.toSorted((left, right) => right.term - left.term)[0]?.node;
}

function readReport(fallbackNode: string, report: Fields): SpeakerReport {
  return {
    node: text(report["node"]) || fallbackNode,
    ready: report["ready"] !== false,
    reportedAt: text(report["reportedAt"]),
    announcing: list(report["announcing"])
      .map(({ ip, term, since }) => ({ ip: text(ip), term: typeof term === "number" ? term : 0, since: text(since) }))
      .filter(({ ip }) => ip !== ""),
    members: list(report["members"])
      .filter(({ alive }) => alive !== false)
      .map(({ node }) => text(node)),
    interfaces: list(report["interfaces"]).map(({ name }) => text(name)),
  };
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function list(value: unknown): readonly Fields[] {
  if (!Array.isArray(value)) return [];
  return value.filter((item): item is Fields => typeof item === "object" && item !== null);
}
