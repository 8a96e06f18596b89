/**
 * Frames: what happens several times before a frame is shown once, and how long it took until it was painted.
 *
 * An event `symconv:painted` on the document tells the milliseconds from the first cause to the frame.
 */

export class Frames {
  private since: number | null = null;

  constructor(private readonly show: () => void) {}

  /** Show what has changed with the next frame. */
  ask(): void {
    if (this.since !== null) return;
    this.since = performance.now();
    requestAnimationFrame(() => this.frame());
  }

  private frame(): void {
    const since = this.since ?? performance.now();
    this.since = null;
    this.show();
    // A message that is sent within a frame is handled behind its painting.
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      document.dispatchEvent(new CustomEvent("symconv:painted", { detail: { ms: performance.now() - since } }));
    };
    port2.postMessage(null);
  }
}

/** A call some time after the last one of several. */
export function calm(milliseconds: number, call: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(call, milliseconds);
  };
}
