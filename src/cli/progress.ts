/** One line on a terminal that overwrites itself; silent anywhere else, so that logs stay clean. */
export class Progress {
  private last = 0;
  private shown = false;
  private readonly quiet: boolean;

  constructor(quiet: boolean) {
    this.quiet = quiet || !process.stderr.isTTY;
  }

  /** Shows a text at most ten times a second. */
  show(text: string): void {
    const now = performance.now();
    if (this.quiet || now - this.last < 100) return;
    this.last = now;
    this.shown = true;
    process.stderr.write(`\r\u001b[K${text}`);
  }

  /** Clears the line. */
  clear(): void {
    if (this.shown) process.stderr.write('\r\u001b[K');
    this.shown = false;
  }
}
