import type { Field } from "#src/model/field.ts";

/** A key of ingress-nginx's ConfigMap, with its text, which is not blank and has no blanks around it. */
export type KeyField = Field & { readonly value: string };
