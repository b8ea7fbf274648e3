const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** A moment as logs write it, in UTC. What is the same for all moments of a second is made once for it. */
export class TimeTexts {
  #second = Number.NaN;
  #iso = "";
  #local = "";

  /** `2026-11-28T12:00:00`. */
  iso(wallMs: number): string {
    this.#update(wallMs);
    return this.#iso;
  }

  /** `28/Nov/2026:12:00:00 +0000`, as nginx has it. */
  local(wallMs: number): string {
    this.#update(wallMs);
    return this.#local;
  }

  #update(wallMs: number): void {
    const second = Math.floor(wallMs / 1_000);
    if (second === this.#second) return;
    this.#second = second;
    this.#iso = new Date(second * 1_000).toISOString().slice(0, 19);
    const [year = "", month = "", day = ""] = this.#iso.slice(0, 10).split("-");
    this.#local = `${day}/${MONTHS[Number(month) - 1]}/${year}:${this.#iso.slice(11)} +0000`;
  }
}
