/** Runs long work beside the loop's other work. */

/** A request waits no longer than this for a piece, and a step. */
const SLICE_MS = 3;

/** @param done called once the last step is over, never inside the call */
export function drive(steps: Generator<undefined, unknown>, done: () => void): void {
  const slice = (): void => {
    const endMs = performance.now() + SLICE_MS;
    while (performance.now() < endMs) {
      if (isOver(steps)) {
        done();
        return;
      }
    }
    // After what has arrived meanwhile.
    setImmediate(slice);
  };
  setImmediate(slice);
}

/** What fails here fails again where it is reported. */
function isOver(steps: Generator<undefined, unknown>): boolean {
  try {
    return steps.next().done === true;
  } catch {
    return true;
  }
}
