/** What Hawser has for a setting of ingress-nginx with one value. */
export type SettingVerdict =
  /** The flags of Hawser's ingress that say the same. */
  | { readonly kind: "option"; readonly flags: readonly string[]; readonly text?: string }
  /** It is so in Hawser, too. */
  | { readonly kind: "same"; readonly text: string }
  /** It is about how nginx works inside, or about what Hawser does in another way. */
  | { readonly kind: "needless"; readonly text: string }
  /** `restricts`: it says who may come in or what may be seen, and without it more is open. */
  | { readonly kind: "not-served"; readonly text: string; readonly fix?: string; readonly restricts?: true }
  /** ingress-nginx has no such setting, as far as Hawser knows. `meant`: one with a similar name. */
  | { readonly kind: "unknown"; readonly meant: string | undefined };

/** All that is known of a key of ingress-nginx's ConfigMap or of a flag of its program, or of several that are alike. */
export interface NginxSetting {
  /** A name with `*` at its end stands for all that begin so, and counts where no record has the name itself. */
  readonly names: readonly string[];
  /** What Hawser has for a value that is not blank; with `annotation` only for the default, and missing where there is none. */
  readonly judge?: (value: string) => SettingVerdict;
  /**
   * Of a key of the ConfigMap: the annotation that Hawser serves, without prefix, which says the same of one Ingress; `same-name`: that of its name. The
   * key counts for each Ingress that does not say otherwise (`--nginx-config-map`).
   */
  readonly annotation?: string;
  /** Of a key of the ConfigMap that the program reads there though it has no annotation: what is said of it. */
  readonly read?: string;
  /** What ingress-nginx does where the setting is left out, if Hawser does something else then. */
  readonly byDefault?: string;
}
