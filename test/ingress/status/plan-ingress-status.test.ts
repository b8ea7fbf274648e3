import { describe, expect, it } from "vitest";
import type { IngressAddress } from "#src/model/ingress-address.ts";
import type { KubeObject } from "#src/model/object.ts";
import { planIngressStatus, type Standing } from "#ingress/status/plan-ingress-status.ts";

const a = { ip: "192.0.2.1" };
const b = { ip: "192.0.2.2" };
const host = { hostname: "lb.example.com" };

function ingressWith(entries: readonly unknown[] | undefined, hasOurStatus: boolean): KubeObject {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: {
      name: "i",
      namespace: "shop",
      createdMs: 0,
      labels: {},
      annotations: {},
      ...(hasOurStatus ? { hasOurStatus } : {}),
    },
    status: { loadBalancer: entries === undefined ? {} : { ingress: entries } },
  };
}

interface Row {
  readonly name: string;
  readonly standing: Standing;
  readonly has?: readonly unknown[];
  readonly isOurs?: boolean;
  readonly addresses?: readonly IngressAddress[];
  /** What is written; undefined: nothing is. */
  readonly want?: readonly IngressAddress[];
}

const rows: readonly Row[] = [
  { name: "ours and empty gets the addresses", standing: "served", addresses: [a], want: [a] },
  { name: "I-S4 ours gets them sorted, each once", standing: "served", addresses: [host, b, a, b], want: [host, a, b] },
  { name: "I-S4 ours with the same is left alone", standing: "served", has: [a, b], isOurs: true, addresses: [b, a] },
  { name: "ours with the same in another order too", standing: "served", has: [b, a], addresses: [a, b] },
  { name: "I-S5 ours with others is rewritten", standing: "served", has: [b], isOurs: true, addresses: [a], want: [a] },
  { name: "ours with what another class left is rewritten", standing: "served", has: [b], addresses: [a], want: [a] },
  {
    name: "I-S9 ours with ports beside the address is rewritten",
    standing: "served",
    has: [{ ...a, ports: [] }],
    addresses: [a],
    want: [a],
  },
  { name: "ours keeps what it has while nobody knows", standing: "served", has: [b], isOurs: true },
  {
    name: "ours loses our address where there is none now",
    standing: "served",
    has: [b],
    isOurs: true,
    addresses: [],
    want: [],
  },
  { name: "ours keeps another's address where we have none", standing: "served", has: [b], addresses: [] },
  { name: "unreadable keeps what it has", standing: "unserved", has: [b], isOurs: true, addresses: [a] },
  { name: "I-S8 unreadable gets nothing", standing: "unserved", addresses: [a] },
  { name: "I-C2 foreign and empty is left alone", standing: "foreign", addresses: [a] },
  { name: "I-C2 foreign with a foreign address is left alone", standing: "foreign", has: [b], addresses: [a] },
  {
    name: "foreign with our very address, written by another, is left alone",
    standing: "foreign",
    has: [a],
    addresses: [a],
  },
  {
    name: "foreign with an address that we wrote loses it",
    standing: "foreign",
    has: [a],
    isOurs: true,
    addresses: [a],
    want: [],
  },
  {
    name: "foreign that we wrote once loses it also while nobody knows ours",
    standing: "foreign",
    has: [a],
    isOurs: true,
    want: [],
  },
  { name: "foreign that lost it is written no more", standing: "foreign", isOurs: true, addresses: [a] },
];

describe("planIngressStatus()", () => {
  it.each(rows)("$name", ({ standing, has, isOurs = false, addresses, want }) => {
    const ingresses = new Map([["shop/i", ingressWith(has, isOurs)]]);
    const changes = planIngressStatus({ ingresses, standingOf: () => standing, addresses });
    const ref = { kind: "Ingress", namespace: "shop", name: "i" };
    expect(changes).toEqual(want === undefined ? [] : [{ ref, key: "shop/i", addresses: want }]);
  });
});
