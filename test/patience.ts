/**
 * Patience: waiting for what comes in its own time, on a machine that others use, too, and that stands
 * still now and then.
 */

/** Less than a test may take, so that it says what it waited for. */
export const PATIENCE_MS = 90_000;

/** Resolves once it holds. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  what: string | (() => string) = 'what was waited for',
): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (performance.now() > end) {
      throw new Error(`not in ${PATIENCE_MS} ms: ${typeof what === 'string' ? what : what()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
