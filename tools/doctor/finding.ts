/**
 * Finding: what the doctor says of one thing, and the exact way out where one is needed.
 */
export type Finding = {
  check: string;
  severity: Severity;
  /** What is so, in a sentence without a full stop. */
  what: string;
  /** What to do, as one would type it; null when nothing is to be done. */
  fix: string | null;
};

/**
 * `good`: as it should be. `unknown`: it could not be looked at. `warning`: it works, and less well
 * than it could. `problem`: a relay does not work like this.
 */
export type Severity = 'good' | 'unknown' | 'warning' | 'problem';

export function good(check: string, what: string): Finding {
  return { check, severity: 'good', what, fix: null };
}

export function unknown(check: string, what: string): Finding {
  return { check, severity: 'unknown', what, fix: null };
}

export function warning(check: string, what: string, fix: string): Finding {
  return { check, severity: 'warning', what, fix };
}

export function problem(check: string, what: string, fix: string): Finding {
  return { check, severity: 'problem', what, fix };
}
