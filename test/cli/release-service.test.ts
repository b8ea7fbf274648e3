// One Service that is released, over an editor in memory: what an API server and other programs do meanwhile.
import { describe, expect, it } from "vitest";
import { releaseService, type ReleaseWorld } from "#cli/release-service.ts";
import type { KubeObject } from "#src/model/object.ts";
import type { EditResult, ObjectEditor } from "#src/source/object-editor.ts";

const RELEASE = "hawser.dev/release-addresses";
const LEAVING = "hawser.dev/leaving-addresses";
const OLD = "192.0.2.0";
const NEW = "198.51.100.0";

interface Shown {
  readonly ips: readonly string[];
  readonly announced?: boolean;
  readonly assigned?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

function service({ ips, announced = true, assigned = "AddressAssigned", annotations = {} }: Shown): KubeObject {
  const conditions = [
    { type: "hawser.dev/AddressAssigned", status: "True", reason: assigned, message: `says ${assigned}.` },
    { type: "hawser.dev/Announced", status: announced ? "True" : "False", reason: "" },
  ];
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "web", namespace: "shop", createdMs: 0, labels: {}, annotations },
    status: { loadBalancer: { ingress: ips.map((ip) => ({ ip })) }, conditions },
  };
}

/** A Service, and a controller that shows these steps one after the other, once the wish is there. */
class FakeEditor implements ObjectEditor {
  readonly written: (string | undefined)[] = [];
  readonly faults: (Error | EditResult)[];
  object: KubeObject | undefined;
  readonly #steps: (KubeObject | Error | undefined)[];

  constructor({
    before,
    steps,
    faults = [],
  }: {
    before: Shown;
    steps: readonly (Shown | Error | undefined)[];
    faults?: (Error | EditResult)[];
  }) {
    this.object = service(before);
    this.#steps = steps.map((step) => (step === undefined || step instanceof Error ? step : service(step)));
    this.faults = faults;
  }

  read(): Promise<KubeObject | undefined> {
    if (this.written.at(-1) === undefined) return Promise.resolve(this.object);
    if (this.#steps.length > 0) {
      const step = this.#steps.shift();
      if (step instanceof Error) return Promise.reject(step);
      this.object = step;
    }
    return Promise.resolve(this.object);
  }

  annotate(object: KubeObject, name: string, value: string | undefined): Promise<EditResult> {
    const fault = this.faults.shift();
    if (fault instanceof Error) return Promise.reject(fault);
    if (fault !== undefined) return Promise.resolve(fault);
    this.written.push(value);
    const { [name]: _before, ...rest } = object.metadata.annotations;
    const annotations = value === undefined ? rest : { ...rest, [name]: value };
    this.object = { ...object, metadata: { ...object.metadata, annotations } };
    return Promise.resolve("written");
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

async function release(editor: FakeEditor, isAborted = false) {
  let nowMs = 0;
  const ending = new AbortController();
  if (isAborted) ending.abort();
  const world: ReleaseWorld = {
    editor,
    timeoutMs: 10_000,
    signal: ending.signal,
    nowMs: () => nowMs,
    sleep: (ms) => {
      nowMs += ms;
      return Promise.resolve();
    },
  };
  const { result, to, why, isFatal } = await releaseService({ service: "shop/web", addresses: [OLD] }, world);
  return { result, to: to.get(OLD), why, isFatal, written: editor.written };
}

const WISH = { [RELEASE]: OLD };
const both: Shown = { ips: [NEW, OLD], announced: false, annotations: { ...WISH, [LEAVING]: OLD } };
const moved: Shown = { ips: [NEW] };

describe("C releaseService()", () => {
  it("waits until the new address is announced and the old one is gone", async () => {
    const steps = [{ ips: [OLD], annotations: WISH }, both, both, { ...moved, announced: false }, moved];
    expect(await release(new FakeEditor({ before: { ips: [OLD] }, steps }))).toEqual({
      result: "released",
      to: NEW,
      why: "",
      isFatal: false,
      written: [OLD],
    });
  });

  it("does not wait for an announcement where the Service had none", async () => {
    const editor = new FakeEditor({
      before: { ips: [OLD], announced: false },
      steps: [{ ...moved, announced: false }],
    });
    expect(await release(editor)).toMatchObject({ result: "released", to: NEW });
  });

  it.each([
    {
      name: "another program changes the Service",
      faults: ["conflict", "conflict"] as EditResult[],
      steps: [both, moved],
    },
    {
      name: "the API server restarts",
      faults: [],
      steps: [both, new Error("ECONNREFUSED"), new Error("ECONNRESET"), moved],
    },
  ])("goes on where $name", async ({ faults, steps }) => {
    expect(await release(new FakeEditor({ before: { ips: [OLD] }, steps, faults }))).toMatchObject({
      result: "released",
      to: NEW,
    });
  });

  it("is done where the Service is deleted meanwhile", async () => {
    const editor = new FakeEditor({ before: { ips: [OLD] }, steps: [both, undefined] });
    expect(await release(editor)).toMatchObject({ result: "released", why: "the Service was deleted meanwhile" });
  });

  it("keeps the address and takes the wish back where the controller says why, and goes on with the next Service", async () => {
    const steps = [{ ips: [OLD], annotations: WISH, assigned: "AddressNotReleased" }];
    expect(await release(new FakeEditor({ before: { ips: [OLD] }, steps }))).toEqual({
      result: "kept",
      to: undefined,
      why: "says AddressNotReleased.",
      isFatal: false,
      written: [OLD, undefined],
    });
  });

  it("does not believe what the controller said before this wish", async () => {
    const said = { ips: [OLD], annotations: WISH, assigned: "AddressNotReleased" };
    expect(await release(new FakeEditor({ before: said, steps: [said, said, both, moved] }))).toMatchObject({
      result: "released",
    });
  });

  it("keeps the address, writes nothing more and stops where the wish may not be written", async () => {
    const editor = new FakeEditor({ before: { ips: [OLD] }, steps: [], faults: [new Error("403 forbidden")] });
    expect(await release(editor)).toEqual({
      result: "kept",
      to: undefined,
      why: "403 forbidden",
      isFatal: true,
      written: [],
    });
  });

  it("leaves the entries of others in the wish", async () => {
    const editor = new FakeEditor({ before: { ips: [OLD], annotations: { [RELEASE]: "192.0.2.9" } }, steps: [] });
    expect(await release(editor, true)).toMatchObject({
      result: "kept",
      why: "interrupted",
      written: [`192.0.2.9,${OLD}`, "192.0.2.9"],
    });
  });

  it("leaves the rest to the controller where it has begun", async () => {
    const editor = new FakeEditor({ before: { ips: [OLD] }, steps: [both] });
    expect(await release(editor, true)).toEqual({
      result: "unfinished",
      to: NEW,
      why: `interrupted. The controller finishes it: ${OLD} leaves when a speaker answers for ${NEW}.`,
      isFatal: true,
      written: [OLD],
    });
  });
});
