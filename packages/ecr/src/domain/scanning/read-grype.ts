/**
 * Grype's JSON report (`grype -o json`): a list of matches of a package with a vulnerability. When its database was
 * made is below `descriptor.db`, at a place that depends on the version of the database's schema.
 */
import { arrange, attributesOf, UnreadableReport, UnsupportedImage } from './findings.ts';
import type { Finding, ScanReport, Score, Severity } from './findings.ts';
import { firstTextIn, numberIn, objectIn, objectsIn, parseReport, textIn, timeIn } from './report-json.ts';
import type { Json } from './report-json.ts';

const severities: ReadonlyMap<string | undefined, Severity> = new Map([
  ['Critical', 'CRITICAL'],
  ['High', 'HIGH'],
  ['Medium', 'MEDIUM'],
  ['Low', 'LOW'],
  ['Negligible', 'INFORMATIONAL'],
]);

/** The score of a version of CVSS ("3" for 3.0 and 3.1), of the source that counts first. */
const scoreOf = (records: readonly Json[], version: string): Score | undefined => {
  const cvss = records
    .flatMap((record) => objectsIn(record, 'cvss'))
    .find((each) => textIn(each, 'version')?.startsWith(`${version}.`));
  return cvss && { vector: textIn(cvss, 'vector'), score: numberIn(objectIn(cvss, 'metrics'), 'baseScore') };
};

const findingOf = (match: Json): Finding => {
  const vulnerability = objectIn(match, 'vulnerability');
  const artifact = objectIn(match, 'artifact');
  const [name, packageName] = [textIn(vulnerability, 'id'), textIn(artifact, 'name')];
  if (name === undefined || packageName === undefined) {
    throw new UnreadableReport("a match in Grype's report has no vulnerability.id or no artifact.name");
  }
  // A distribution's record often has no description and no scores: those of the CVE that it is about do.
  const records = [vulnerability, ...objectsIn(match, 'relatedVulnerabilities')];
  return {
    name,
    description: records.map((record) => textIn(record, 'description')).find((text) => text !== undefined),
    uri: textIn(vulnerability, 'dataSource') ?? firstTextIn(vulnerability, 'urls'),
    severity: severities.get(textIn(vulnerability, 'severity')) ?? 'UNDEFINED',
    attributes: attributesOf({
      package: packageName,
      version: textIn(artifact, 'version') ?? '',
      cvss2: scoreOf(records, '2'),
      cvss3: scoreOf(records, '3'),
    }),
  };
};

/**
 * Reads a report. Throws {@link UnreadableReport}, and {@link UnsupportedImage} where it found no operating system and no
 * match: it does not tell whether there were packages of another kind.
 */
export const readGrype = (text: string): ScanReport => {
  const report = parseReport(text);
  if (!Array.isArray(report['matches'])) throw new UnreadableReport("Grype's report has no list of matches");
  if (report['matches'].length === 0 && objectIn(report, 'distro')['name'] === '') throw new UnsupportedImage();
  const database = objectIn(objectIn(report, 'descriptor'), 'db');
  return {
    findings: arrange(objectsIn(report, 'matches').map(findingOf)),
    sourceUpdatedAt: timeIn(objectIn(database, 'status'), 'built') ?? timeIn(database, 'built'),
  };
};
