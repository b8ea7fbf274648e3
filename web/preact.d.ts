// What the page uses of htm with preact (htm/preact/standalone), which the server sends as web/preact.js.

/** A part of the page. */
export interface VNode {
  readonly type: unknown;
}
/** What may be put into a template. */
export type Child = VNode | string | number | false | null | undefined | readonly Child[];

/** A template of HTML: texts that are put into it stay texts. */
export function html(strings: TemplateStringsArray, ...values: readonly unknown[]): VNode;
export function render(node: VNode, parent: Element): void;
export function useState<T>(initial: T | (() => T)): [T, (next: T | ((before: T) => T)) => void];
export function useEffect(run: () => void | (() => void), inputs?: readonly unknown[]): void;
export function useLayoutEffect(run: () => void | (() => void), inputs?: readonly unknown[]): void;
export function useMemo<T>(make: () => T, inputs: readonly unknown[]): T;
export function useRef<T>(initial: T): { current: T };
