import { describe, expect, it } from "vitest";
import { liveSpeakers } from "#src/model/live-speakers.ts";
import { readSpeakerReport, type SpeakerReport } from "#src/model/speaker-report.ts";

/** `n1`, or `n1 joining`, and the speakers it says it hears: `n1 n2`; an empty text where it does not say. */
type Said = readonly [who: string, hears: string, more?: Readonly<Record<string, unknown>>];

function reportOf([who, hears, more]: Said): SpeakerReport {
  const [node = "", joining] = who.split(" ");
  const members = hears === "" ? undefined : hears.split(" ").map((name) => ({ node: name, ready: true }));
  const value = { node, ready: joining === undefined, standing: "Usable", members, announcing: [], ...more };
  const report = readSpeakerReport(`speaker-${node}`, value);
  if (report === undefined) throw new Error(`no report of ${node}`);
  return report;
}

interface Row {
  readonly name: string;
  readonly said: readonly Said[];
  /** The Nodes that are Ready; undefined: there are no Nodes. */
  readonly readyNodes?: string;
  /** Who lives. */
  readonly live: string;
}

const rows: readonly Row[] = [
  {
    name: "all that hear each other",
    said: [
      ["n1", "n1 n2"],
      ["n2", "n1 n2"],
    ],
    live: "n1 n2",
  },
  { name: "a lone one", said: [["n1", "n1"]], live: "n1" },
  {
    name: "not one that the other hears no more",
    said: [
      ["n1", "n1 n2"],
      ["n2", "n2"],
    ],
    live: "n2",
  },
  {
    name: "none of two that died together, though each says that it hears the other",
    said: [
      ["n1", "n1 n2 n3"],
      ["n2", "n1 n2 n3"],
      ["n3", "n3"],
    ],
    live: "n3",
  },
  {
    name: "none of those that died one after the other",
    said: [
      ["n1", "n1 n2 n3"],
      ["n2", "n2 n3"],
      ["n3", "n3"],
    ],
    live: "n3",
  },
  {
    name: "both halves of a split network",
    said: [
      ["n1", "n1"],
      ["n2", "n2 n3"],
      ["n3", "n2 n3"],
    ],
    live: "n1 n2 n3",
  },
  {
    name: "one whom a joining speaker has not heard yet",
    said: [
      ["n1", "n1 n2"],
      ["n2 joining", "n2"],
    ],
    live: "n1 n2",
  },
  {
    name: "one whom a list without its end may lack",
    said: [
      ["n1", "n1 n2"],
      ["n2", "n2", { shortened: true }],
    ],
    live: "n1 n2",
  },
  {
    name: "one that came back, and that an old report alone lacks",
    said: [
      ["n1", "n1 n2 n3"],
      ["n2", "n2 n3"],
      ["n3", "n1 n2 n3"],
    ],
    live: "n1 n2 n3",
  },
  {
    name: "those that do not say whom they hear",
    said: [
      ["n1", ""],
      ["n2", "n2"],
    ],
    live: "n1 n2",
  },
  { name: "nobody where nobody reports", said: [], live: "" },
  {
    name: "nobody where all died at once with their nodes",
    said: [
      ["n1", "n1 n2"],
      ["n2", "n1 n2"],
    ],
    readyNodes: "other",
    live: "",
  },
  {
    name: "the one whose node is Ready, and whom it hears: the other's node lost the API server alone",
    said: [
      ["n1", "n1 n2"],
      ["n2", "n1 n2"],
    ],
    readyNodes: "n1",
    live: "n1 n2",
  },
  {
    name: "those that know that their nodes are not Ready",
    said: [
      ["n1", "n1 n2", { standing: "NodeNotReady" }],
      ["n2", "n1 n2", { standing: "NodeUnknown" }],
    ],
    readyNodes: "other",
    live: "n1 n2",
  },
  {
    name: "one that came back, whom the old report alone of a node without API server lacks",
    said: [
      ["n1", "n1 n2"],
      ["n2", "n2"],
    ],
    readyNodes: "n1",
    live: "n1 n2",
  },
  {
    name: "not one that died with its node before it heard anybody",
    said: [
      ["n1", "n1 n2"],
      ["n2", "n1 n2"],
      ["n3 joining", "n3"],
    ],
    readyNodes: "n1 n2",
    live: "n1 n2",
  },
];

describe("liveSpeakers()", () => {
  it.each(rows)("believes $name", ({ said, readyNodes, live }) => {
    const reports = said.map(reportOf);
    for (const order of [reports, reports.toReversed()]) {
      const names = [...liveSpeakers(order, readyNodes === undefined ? undefined : new Set(readyNodes.split(" ")))].map(
        ({ node }) => node,
      );
      expect(names.sort().join(" ")).toBe(live);
    }
  });
});
