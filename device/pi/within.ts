/**
 * Within: a promise that is settled in time, whatever the other one does.
 */

class TooLate extends Error {
  override readonly name = 'TooLate';
}

/** Rejects with TooLate after `ms`; what comes later is not heard. */
export function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new TooLate(`${what}: no answer in ${ms} ms`)), ms);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
