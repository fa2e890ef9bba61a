/** Revoked tokens in the memory of a service, for a verifier that asks nobody. About 150 bytes each. */
export class RevokedTokens {
  readonly #until = new Map<string, number>();
  readonly #now: () => number;
  #sweepAt = 1_024;

  /** `now`: epoch milliseconds. */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  has(key: string): boolean {
    return this.#until.has(key);
  }

  /** Nothing takes it back before `countsUntil`, in epoch milliseconds: then the token has expired. */
  revoke(key: string, countsUntil: number): void {
    this.#until.set(key, Number.isFinite(countsUntil) ? countsUntil : Number.POSITIVE_INFINITY);
    if (this.#until.size < this.#sweepAt) return;
    for (const [known, until] of this.#until) if (until <= this.#now()) this.#until.delete(known);
    this.#sweepAt = Math.max(1_024, 2 * this.#until.size);
  }
}
