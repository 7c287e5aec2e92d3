/** How long to wait before the next try: twice as long each time, and by chance up to half of it less. */
export class Backoff {
  private tries = 0;

  /**
   * @param leastMs of the first wait
   * @param mostMs that it grows to
   * @param random 0 to below 1
   */
  constructor(
    private readonly leastMs: number,
    private readonly mostMs: number,
    private readonly random: () => number = Math.random,
  ) {}

  /** The next wait, in milliseconds. */
  next(): number {
    const whole = Math.min(this.mostMs, this.leastMs * 2 ** this.tries);
    this.tries = Math.min(this.tries + 1, 30);
    return whole * (1 - this.random() / 2);
  }

  /** After a success. */
  reset(): void {
    this.tries = 0;
  }
}
