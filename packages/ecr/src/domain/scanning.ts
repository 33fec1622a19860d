/**
 * Image scanning on a server that has no vulnerability data: a scan that is asked for fails, and says why. It is
 * never reported as completed with no findings (Amazon ECR user guide, "Scan images for software vulnerabilities").
 */

const noScanner = 'No vulnerability scanner is installed on this registry, so the image was not scanned.';

export interface FailedScan {
  readonly status: 'FAILED';
  readonly description: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
}

/** The outcome of a scan asked for at `now`. */
export const scanFailure = (now: number): FailedScan => ({ status: 'FAILED', description: noScanner, startedAt: now });
