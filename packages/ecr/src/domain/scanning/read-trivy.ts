/**
 * Trivy's JSON report (`trivy image --format json`, schema version 2): vulnerabilities below `Results`, with scores by
 * source below `CVSS`. When its database was made is not in it but in `trivy version --format json`.
 */
import { arrange, attributesOf, UnreadableReport, UnsupportedImage } from './findings.ts';
import type { Finding, ScanReport, Score, Severity } from './findings.ts';
import { firstTextIn, numberIn, objectIn, objectsIn, parseReport, textIn, timeIn } from './report-json.ts';
import type { Json } from './report-json.ts';

const severities: ReadonlyMap<string | undefined, Severity> = new Map([
  ['CRITICAL', 'CRITICAL'],
  ['HIGH', 'HIGH'],
  ['MEDIUM', 'MEDIUM'],
  ['LOW', 'LOW'],
]);

/**
 * The score of a version of CVSS, of the source that the severity is from, else of the NVD, else of any: sources often
 * score by one version alone.
 */
const scoreOf = (vulnerability: Json, version: 'V2' | 'V3'): Score | undefined => {
  const scores = objectIn(vulnerability, 'CVSS');
  const sources = [textIn(vulnerability, 'SeveritySource'), 'nvd', ...Object.keys(scores)];
  return sources
    .map((source) => objectIn(scores, source ?? ''))
    .map((each) => ({ vector: textIn(each, `${version}Vector`), score: numberIn(each, `${version}Score`) }))
    .find(({ vector, score }) => (vector ?? score) !== undefined);
};

const findingOf = (vulnerability: Json): Finding => {
  const name = textIn(vulnerability, 'VulnerabilityID');
  const packageName = textIn(vulnerability, 'PkgName');
  if (name === undefined || packageName === undefined) {
    throw new UnreadableReport("a vulnerability in Trivy's report has no VulnerabilityID or no PkgName");
  }
  return {
    name,
    description: textIn(vulnerability, 'Description') ?? textIn(vulnerability, 'Title'),
    uri: textIn(vulnerability, 'PrimaryURL') ?? firstTextIn(vulnerability, 'References'),
    severity: severities.get(textIn(vulnerability, 'Severity')) ?? 'UNDEFINED',
    attributes: attributesOf({
      package: packageName,
      version: textIn(vulnerability, 'InstalledVersion') ?? '',
      cvss2: scoreOf(vulnerability, 'V2'),
      cvss3: scoreOf(vulnerability, 'V3'),
    }),
  };
};

/**
 * Reads a report; `version` is what `trivy version --format json` printed. Throws {@link UnreadableReport}, and
 * {@link UnsupportedImage} for one without results: an image whose packages have no vulnerabilities has some.
 */
export const readTrivy = (text: string, version: string | undefined): ScanReport => {
  const report = parseReport(text);
  if (report['SchemaVersion'] !== 2) {
    throw new UnreadableReport(`Trivy's report is of schema version ${String(report['SchemaVersion'])}, not 2`);
  }
  const results = objectsIn(report, 'Results');
  if (results.length === 0) throw new UnsupportedImage();
  const findings = results.flatMap((result) => objectsIn(result, 'Vulnerabilities')).map(findingOf);
  const database = version === undefined ? {} : objectIn(parseReport(version), 'VulnerabilityDB');
  return { findings: arrange(findings), sourceUpdatedAt: timeIn(database, 'UpdatedAt') };
};
