import { describe, expect, it } from "vitest";
import type { IngressClass } from "#src/model/ingress.ts";
import { INGRESS_CONTROLLER, isServed } from "#src/routing/ingress/routing-snapshot.ts";

const OURS = INGRESS_CONTROLLER;
const THEIRS = "k8s.io/ingress-nginx";

function classOf(name: string, controller: string, more: Partial<IngressClass> = {}): IngressClass {
  return { name, controller, createdMs: 0, isDefault: false, ...more };
}

const ours = classOf("hawser", OURS);
const theirs = classOf("nginx", THEIRS);

describe("isServed()", () => {
  it.each([
    { name: "our class", className: "hawser", classes: [ours], served: true },
    {
      name: "I-C1 a class of another name with our controller",
      className: "edge",
      classes: [classOf("edge", OURS)],
      served: true,
    },
    { name: "a foreign class", className: "nginx", classes: [ours, theirs], served: false },
    {
      name: "a class called as ours, of a foreign controller",
      className: "hawser",
      classes: [classOf("hawser", THEIRS)],
      served: false,
    },
    { name: "I-C2 a class that nobody made", className: "unknown", classes: [ours], served: false },
    { name: "I-C3 our class by name, before anybody made it", className: "hawser", classes: [], served: true },
    {
      name: "I-C12 an Ingress of the namespace that is watched",
      className: "hawser",
      classes: [ours],
      namespace: "default",
      served: true,
    },
    {
      name: "I-C12 an Ingress of another namespace",
      className: "hawser",
      classes: [ours],
      namespace: "other",
      served: false,
    },
    { name: "no class", className: undefined, classes: [ours], served: false },
    { name: "no class, and the option", className: undefined, classes: [ours], withoutClass: true, served: true },
    {
      name: "no class, and ours is the default",
      className: undefined,
      classes: [{ ...ours, isDefault: true }],
      served: true,
    },
    {
      name: "no class, the option, and a foreign default",
      className: undefined,
      classes: [ours, { ...theirs, isDefault: true }],
      withoutClass: true,
      served: false,
    },
    {
      name: "I-C7 no class, and of two defaults ours is the newer",
      className: undefined,
      classes: [
        { ...ours, isDefault: true, createdMs: 2 },
        { ...theirs, isDefault: true, createdMs: 1 },
      ],
      served: true,
    },
    {
      name: "I-C7 no class, and of two defaults the foreign one is the newer",
      className: undefined,
      classes: [
        { ...ours, isDefault: true, createdMs: 1 },
        { ...theirs, isDefault: true, createdMs: 2 },
      ],
      served: false,
    },
    {
      name: "I-C7 no class, and of two defaults of one age ours is the first by name",
      className: undefined,
      classes: [
        { ...theirs, isDefault: true },
        { ...ours, isDefault: true },
      ],
      served: true,
    },
    {
      name: "a foreign class, and ours is the default",
      className: "nginx",
      classes: [{ ...ours, isDefault: true }, theirs],
      served: false,
    },
  ])("$name: $served", ({ className, classes, withoutClass = false, namespace, served }) => {
    const byName = new Map(classes.map((one) => [one.name, one]));
    const scope = { className: "hawser", controller: INGRESS_CONTROLLER, withoutClass, namespace };
    expect(isServed({ className, namespace: "default" }, byName, scope)).toBe(served);
  });
});
