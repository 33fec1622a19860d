/**
 * Which repositories are scanned when (Amazon ECR user guide, "Scan images for OS and package vulnerabilities"): the
 * registry's rules, and where it has none the repository's own older setting. Pure.
 */
import { matchesWildcard } from '../tag-mutability.ts';

export interface ScanningFilter {
  readonly filter: string;
  readonly filterType: 'WILDCARD';
}

export interface ScanningRule {
  readonly scanFrequency: 'SCAN_ON_PUSH' | 'CONTINUOUS_SCAN' | 'MANUAL';
  readonly repositoryFilters: readonly ScanningFilter[];
}

export interface ScanningConfiguration {
  readonly scanType: 'BASIC' | 'ENHANCED';
  readonly rules: readonly ScanningRule[];
}

/** What a registry has that nothing was set for. */
export const defaultScanning: ScanningConfiguration = { scanType: 'BASIC', rules: [] };

interface Scanned {
  readonly repositoryName: string;
  readonly scanOnPush: boolean;
}

/** A filter without a wildcard is one that the name only has to contain. */
const isFor = ({ filter }: ScanningFilter, name: string): boolean =>
  filter.includes('*') ? matchesWildcard(filter, name) : name.includes(filter);

/** The filters that have a repository scanned on push. */
export const appliedFilters = (
  { repositoryName }: Pick<Scanned, 'repositoryName'>,
  { rules }: ScanningConfiguration = defaultScanning,
): readonly ScanningFilter[] =>
  rules
    .filter(({ scanFrequency }) => scanFrequency === 'SCAN_ON_PUSH')
    .flatMap(({ repositoryFilters }) => repositoryFilters)
    .filter((filter) => isFor(filter, repositoryName));

/** Whether an image is scanned when it is pushed to the repository. */
export const isScannedOnPush = (repository: Scanned, scanning: ScanningConfiguration = defaultScanning): boolean =>
  scanning.rules.length === 0 ? repository.scanOnPush : appliedFilters(repository, scanning).length > 0;
