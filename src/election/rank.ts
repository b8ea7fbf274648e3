import { hash } from "node:crypto";

function score(node: string, ip: string): Buffer {
  return hash("sha256", `${node}#${ip}`, "buffer");
}

/**
 * The nodes in the order in which they stand for an address: by SHA-256 of `node#ip`, ascending, as MetalLB orders
 * its speakers, so that its users find the owners they expect. Each node wins its share of the addresses, and the
 * loss of one moves only its own.
 */
export function rank(nodes: readonly string[], ip: string): readonly string[] {
  if (nodes.length < 2) return nodes;
  return nodes
    .map((node) => ({ node, score: score(node, ip) }))
    .sort((left, right) => Buffer.compare(left.score, right.score))
    .map(({ node }) => node);
}
