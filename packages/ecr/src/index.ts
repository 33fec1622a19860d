/** ECR: repositories, images, and the OCI distribution endpoints on the same records. */
export type { EcrIam } from './caller.ts';
export type { EcrDetailType } from './domain/events.ts';
export { handlers } from './handlers.ts';
export { openEcr } from './open-ecr.ts';
export type { EcrOptions, EcrRoom } from './open-ecr.ts';
export type { Damage, Verified } from './content/verify-content.ts';
export { findScanner, scannerProblem } from './scanning/scanner.ts';
export type { ScannerOptions } from './scanning/scanner.ts';
export { isSecretName, longestAccessToken, openUpstreamSecrets } from './upstream-secrets.ts';
export type { UpstreamCredentials, UpstreamSecret, UpstreamSecrets } from './upstream-secrets.ts';
export type { Collected } from './reapers/unused-content.ts';
