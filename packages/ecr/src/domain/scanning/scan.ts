/** Which images can be scanned, and when one may be scanned again (Amazon ECR user guide, "Basic scanning"). Pure. */
import type { Manifest } from '../manifest.ts';

interface Scannable extends Pick<Manifest, 'artifactMediaType'> {
  readonly kind: Manifest['kind'] | undefined;
}

const configs = new Set(['application/vnd.oci.image.config.v1+json', 'application/vnd.docker.container.image.v1+json']);

/** Whether the manifest is that of a container image: indexes and other artifacts have no packages to look at. */
export const isScannable = ({ kind, artifactMediaType }: Scannable): boolean =>
  kind === 'image' && configs.has(artifactMediaType ?? '');

/** An image is scanned once in this time, in milliseconds. */
const scannedOnceIn = 24 * 60 * 60 * 1000;

export interface EarlierScan {
  readonly status: 'IN_PROGRESS' | 'COMPLETE' | 'FAILED';
  /** Milliseconds since the epoch. */
  readonly askedAt: number;
}

/** Whether an earlier scan forbids another one at `now`; one that failed does not. */
export const isScannedEnough = (earlier: EarlierScan | undefined, now: number): boolean =>
  earlier !== undefined && earlier.status !== 'FAILED' && now - earlier.askedAt < scannedOnceIn;
