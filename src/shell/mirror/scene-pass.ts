/** What a copy that is a load test's request holds: its part in the scene's limits, until it is over. */
import type { Scene } from '../../stress-tag/index.ts';

/** The load tests of this gate, as copies meet them. */
export interface SceneTraffic {
  /** @returns false: the scene's limits leave no room, and that is counted there */
  beginCopy(pass: ScenePass, scene: Scene): boolean;
  endCopy(pass: ScenePass, scene: Scene): void;
  /** One was answered whole. */
  copyAnswered(scene: string, status: number, durationMs: number): void;
}

export class ScenePass {
  readonly scene: Scene;
  /** People have stopped the scene since. */
  stopped = false;
  /** Ends what is under way; null: nothing is. */
  cut: (() => void) | null = null;
  #sentMs = 0;
  readonly #traffic: SceneTraffic;

  private constructor(scene: Scene, traffic: SceneTraffic) {
    this.scene = scene;
    this.#traffic = traffic;
  }

  /** @returns null where the scene has no room; otherwise `leave` must follow */
  static enter(scene: Scene, traffic: SceneTraffic): ScenePass | null {
    const pass = new ScenePass(scene, traffic);
    return traffic.beginCopy(pass, scene) ? pass : null;
  }

  leave(): void {
    this.cut = null;
    this.#traffic.endCopy(this, this.scene);
  }

  /** Told by those who enforce a stop. */
  stopStress(): void {
    this.stopped = true;
    this.cut?.();
  }

  sent(nowMs: number, cut: () => void): void {
    this.#sentMs = nowMs;
    this.cut = cut;
  }

  answered(status: number, nowMs: number): void {
    this.#traffic.copyAnswered(this.scene.name, status, nowMs - this.#sentMs);
  }
}
