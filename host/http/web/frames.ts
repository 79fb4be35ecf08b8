/**
 * Frames: what is to be drawn again, at most once a frame, however much happens meanwhile. A page that
 * is not seen has no frames, and its title is drawn all the same.
 */
export type FramePorts = {
  /** Calls back before the next frame; null where there are none because nobody looks. */
  nextFrame: ((call: () => void) => void) | null;
  later(call: () => void): void;
};

export class Frames {
  private readonly ports: () => FramePorts;
  private readonly waiting = new Set<() => void>();
  private isAsked = false;

  constructor(ports: () => FramePorts) {
    this.ports = ports;
  }

  /** Calls it with the next frame; once, however often it is asked for. */
  ask(draw: () => void): void {
    this.waiting.add(draw);
    if (this.isAsked) return;
    this.isAsked = true;
    const { nextFrame, later } = this.ports();
    (nextFrame ?? later)(() => this.run());
  }

  forget(draw: () => void): void {
    this.waiting.delete(draw);
  }

  private run(): void {
    const due = [...this.waiting];
    this.waiting.clear();
    this.isAsked = false;
    for (const draw of due) draw();
  }
}
