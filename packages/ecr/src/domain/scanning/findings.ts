/**
 * What a scan finds, in ECR's shape (Amazon ECR API reference, "ImageScanFinding"). Scanners' reports are read into it
 * by read-trivy.ts and read-grype.ts; nothing is in it that a report does not say. Pure.
 */
import type { ecr } from '@oreno/aws-wire';

export type Severity = ecr.FindingSeverity;

export interface Finding {
  /** The vulnerability's id, mostly a CVE number. */
  readonly name: string;
  readonly description?: string | undefined;
  readonly uri?: string | undefined;
  readonly severity: Severity;
  readonly attributes: readonly { readonly key: string; readonly value: string }[];
}

export interface ScanReport {
  /** The most severe first. */
  readonly findings: readonly Finding[];
  /** When the scanner's data was made, in milliseconds since the epoch; undefined where the report does not say. */
  readonly sourceUpdatedAt: number | undefined;
}

/** A report that is not of the format that the scanner's documentation describes. */
export class UnreadableReport extends Error {}

/**
 * A report about nothing: no findings in it are no answer. The code is ECR's (Amazon ECR user guide, "Troubleshooting
 * image scanning").
 */
export class UnsupportedImage extends Error {
  constructor() {
    super('UnsupportedImageError: the scanner knows neither the operating system of the image nor packages in it.');
  }
}

const bySeverity: readonly Severity[] = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'INFORMATIONAL', 'UNDEFINED'];

/** How many findings of each severity there are; severities without any are left out, as ECR does. */
export const countSeverities = (findings: readonly Finding[]): Readonly<Record<string, number>> =>
  Object.fromEntries(
    bySeverity
      .map((severity) => [severity, findings.filter((finding) => finding.severity === severity).length] as const)
      .filter(([, count]) => count > 0),
  );

/** The most severe first, then by name; each once. */
export const arrange = (findings: readonly Finding[]): readonly Finding[] => {
  const distinct = new Map(findings.map((finding) => [JSON.stringify([finding.name, finding.attributes]), finding]));
  return [...distinct.values()].toSorted(
    (a, b) => bySeverity.indexOf(a.severity) - bySeverity.indexOf(b.severity) || (a.name < b.name ? -1 : 1),
  );
};

export interface Scores {
  readonly package: string;
  readonly version: string;
  readonly cvss2?: Score | undefined;
  readonly cvss3?: Score | undefined;
}

export interface Score {
  readonly vector?: string | undefined;
  readonly score?: number | undefined;
}

const scored = (prefix: string, score: Score | undefined): Finding['attributes'] => [
  ...(score?.vector === undefined ? [] : [{ key: `${prefix}_VECTOR`, value: score.vector }]),
  ...(score?.score === undefined ? [] : [{ key: `${prefix}_SCORE`, value: String(score.score) }]),
];

/** The attributes under ECR's names. */
export const attributesOf = ({ package: name, version, cvss2, cvss3 }: Scores): Finding['attributes'] => [
  { key: 'package_version', value: version },
  { key: 'package_name', value: name },
  ...scored('CVSS2', cvss2),
  ...scored('CVSS3', cvss3),
];
