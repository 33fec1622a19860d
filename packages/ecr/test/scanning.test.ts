/**
 * Scanning: reports in the documented formats of Trivy and Grype as findings of ECR, and scans by a program that stands
 * in for a scanner and checks what it is given.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { DescribeImagesCommand, paginateDescribeImageScanFindings, StartImageScanCommand } from '@aws-sdk/client-ecr';
import fc from 'fast-check';
import { UnreadableReport, UnsupportedImage } from '../src/domain/scanning/findings.ts';
import { readGrype } from '../src/domain/scanning/read-grype.ts';
import { readTrivy } from '../src/domain/scanning/read-trivy.ts';
import { findScanner, scannerProblem } from '../src/index.ts';
import { ociIndex, pushImage, putManifest } from './support/images.ts';
import { startRegistry } from './support/registry.ts';
import type { TestRegistry } from './support/registry.ts';
import { writeScanner } from './support/stand-in-scanner.ts';

const fixture = (name: string): Promise<string> => readFile(join(import.meta.dirname, 'fixtures', name), 'utf8');
const attributes = (...pairs: readonly (readonly [string, string])[]) => pairs.map(([key, value]) => ({ key, value }));

describe('reports', () => {
  it('of Trivy are findings of ECR, the most severe first', async () => {
    const version = JSON.stringify({ VulnerabilityDB: { Version: 2, UpdatedAt: '2026-10-01T06:30:00.5Z' } });
    const report = readTrivy(await fixture('trivy.json'), version);
    assert.equal(report.sourceUpdatedAt, Date.parse('2026-10-01T06:30:00.500Z'));
    assert.deepEqual(report.findings, [
      {
        name: 'CVE-2030-0001',
        description: 'libtwo writes where it should not.',
        uri: 'https://two.example/advisory',
        severity: 'CRITICAL',
        attributes: attributes(
          ['package_version', '7.0'],
          ['package_name', 'libtwo'],
          ['CVSS3_VECTOR', 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H'],
          ['CVSS3_SCORE', '9.8'],
        ),
      },
      {
        name: 'CVE-2030-0002',
        description: 'libone: reads too far',
        uri: 'https://vulnerabilities.example/CVE-2030-0002',
        severity: 'LOW',
        attributes: attributes(
          ['package_version', '1.2-3'],
          ['package_name', 'libone'],
          ['CVSS2_VECTOR', 'AV:N/AC:L/Au:N/C:P/I:N/A:N'],
          ['CVSS2_SCORE', '5'],
          ['CVSS3_VECTOR', 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N'],
          ['CVSS3_SCORE', '5.3'],
        ),
      },
      {
        name: 'GHSA-xxxx-yyyy-zzzz',
        description: undefined,
        uri: undefined,
        severity: 'UNDEFINED',
        attributes: attributes(
          ['package_version', '0.1'],
          ['package_name', 'three'],
          ['CVSS3_VECTOR', 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:L/A:N'],
          ['CVSS3_SCORE', '5.3'],
        ),
      },
    ]);
  });

  it('of Grype too, with what only the related record says', async () => {
    const report = readGrype(await fixture('grype.json'));
    assert.equal(report.sourceUpdatedAt, Date.parse('2026-10-01T06:30:00Z'));
    assert.deepEqual(
      report.findings.map(({ name, severity, description }) => [name, severity, description]),
      [
        ['GHSA-aaaa-bbbb-cccc', 'MEDIUM', 'four.'],
        ['CVE-2030-0003', 'INFORMATIONAL', 'three forgets to check.'],
      ],
    );
    assert.deepEqual(
      report.findings[1]?.attributes,
      attributes(
        ['package_version', '3.0-1'],
        ['package_name', 'three'],
        ['CVSS2_VECTOR', 'AV:N/AC:L/Au:N/C:N/I:N/A:P'],
        ['CVSS2_SCORE', '5'],
        ['CVSS3_VECTOR', 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H'],
        ['CVSS3_SCORE', '7.5'],
      ),
    );
  });

  it('about nothing are no answer, and those without vulnerabilities are one', () => {
    assert.throws(() => readTrivy('{"SchemaVersion":2,"Metadata":{}}', undefined), UnsupportedImage);
    assert.deepEqual(readTrivy('{"SchemaVersion":2,"Results":[{"Class":"os-pkgs"}]}', undefined).findings, []);
    const grype = (name: string): string =>
      JSON.stringify({ matches: [], distro: { name, version: '', idLike: null } });
    assert.throws(() => readGrype(grype('')), UnsupportedImage);
    assert.deepEqual(readGrype(grype('debian')).findings, []);
  });

  it('of any other shape are unreadable, never empty', () => {
    for (const text of [
      '',
      '[]',
      '{}',
      '{"SchemaVersion":1}',
      '{"SchemaVersion":2,"Results":[{"Vulnerabilities":[{}]}]}',
    ]) {
      assert.throws(() => readTrivy(text, undefined), UnreadableReport);
    }
    for (const text of ['null', '{}', '{"matches":[{}]}']) assert.throws(() => readGrype(text), UnreadableReport);
    const read = (work: () => unknown): void => {
      try {
        work();
      } catch (error) {
        assert.ok(error instanceof UnreadableReport || error instanceof UnsupportedImage);
      }
    };
    fc.assert(
      fc.property(fc.json(), (text) => {
        read(() => readTrivy(`{"SchemaVersion":2,"Results":${text}}`, text));
        read(() => readGrype(`{"matches":[${text}],"descriptor":${text}}`));
      }),
    );
  });
});

for (const kind of ['trivy', 'grype'] as const) {
  describe(`scans by ${kind}`, () => {
    const repositoryName = 'scans';
    let directory: string;
    let program: string;
    let registry: TestRegistry;
    before(async () => {
      directory = await mkdtemp(join(tmpdir(), 'oreno-scanner-'));
      process.env['XDG_STATE_HOME'] = directory;
      program = join(directory, kind);
      await writeScanner(program, kind);
      assert.equal(findScanner(`/nowhere:${directory}`), program);
      assert.equal(scannerProblem(program), undefined);
      registry = await startRegistry(undefined, { program, mayUpdate: false });
      const imageScanningConfiguration = { scanOnPush: true };
      await registry.call('CreateRepository', { repositoryName, imageScanningConfiguration });
    });
    after(async () => {
      assert.deepEqual(registry.errors, []);
      await registry.stop();
      await rm(directory, { recursive: true, force: true });
      delete process.env['XDG_STATE_HOME'];
    });

    /** What became of the scan, when it has ended. */
    const outcome = async (imageTag: string) => {
      for (;;) {
        const described = await registry.call('DescribeImageScanFindings', { repositoryName, imageId: { imageTag } });
        if (described.imageScanStatus?.status !== 'IN_PROGRESS') return described;
        await sleep(20);
      }
    };
    const scanned = async (imageTag: string) => {
      assert.equal((await outcome(imageTag)).imageScanStatus?.status, 'COMPLETE');
      const described = await registry.call('DescribeImages', { repositoryName, imageIds: [{ imageTag }] });
      return described.imageDetails?.[0];
    };
    const failed = async (imageTag: string): Promise<string> => {
      const { imageScanStatus, imageScanFindings } = await outcome(imageTag);
      assert.deepEqual([imageScanStatus?.status, imageScanFindings], ['FAILED', undefined]);
      return imageScanStatus?.description ?? '';
    };

    it('find on push what the scanner says, once a day', async () => {
      const names = Array.from({ length: 250 }, (_, index) => `CVE-2030-${1000 + index}`);
      await pushImage(registry, repositoryName, `\n${names.join('\n')}`, 'v1');
      const detail = await scanned('v1');
      assert.equal(detail?.imageScanStatus?.status, 'COMPLETE');
      assert.deepEqual(detail?.imageScanFindingsSummary?.findingSeverityCounts, { HIGH: 250 });
      const { client } = registry;
      const pages = [];
      const asked = { repositoryName, imageId: { imageTag: 'v1' } };
      for await (const page of paginateDescribeImageScanFindings({ client, pageSize: 100 }, asked)) pages.push(page);
      assert.deepEqual(
        pages.map((page) => page.imageScanFindings?.findings?.length),
        [100, 100, 50],
      );
      const found = pages.flatMap((page) => page.imageScanFindings?.findings ?? []);
      assert.deepEqual(
        found.map(({ name }) => name),
        names,
      );
      const [first] = pages;
      assert.ok(first?.imageScanFindings?.imageScanCompletedAt);
      assert.equal(
        first.imageScanFindings.vulnerabilitySourceUpdatedAt?.toISOString().slice(0, 16),
        '2026-10-01T06:30',
      );
      await assert.rejects(client.send(new StartImageScanCommand(asked)), { name: 'LimitExceededException' });
      registry.ahead = 25 * 3_600_000;
      const again = await registry.call('StartImageScan', asked);
      assert.equal(again.imageScanStatus?.status, 'IN_PROGRESS');
      await scanned('v1');
      registry.ahead = 0;
      const shown = await client.send(new DescribeImagesCommand({ repositoryName, imageIds: [{ imageTag: 'v1' }] }));
      assert.ok(shown.imageDetails?.[0]?.imageScanFindingsSummary?.vulnerabilitySourceUpdatedAt);
      await pushImage(registry, repositoryName, 'nothing bad', 'clean');
      const clean = await scanned('clean');
      assert.equal(clean?.imageScanStatus?.status, 'COMPLETE');
      assert.deepEqual(clean?.imageScanFindingsSummary?.findingSeverityCounts, {});
    });

    it('fail with the reason, and may be asked for again', async () => {
      await pushImage(registry, repositoryName, 'refused', 'refused');
      assert.match(
        await failed('refused'),
        new RegExp(`scanner ${kind} .*ended with 1: WARN the first.* \\| .*unable to find the package database$`),
      );
      await registry.call('StartImageScan', { repositoryName, imageId: { imageTag: 'refused' } });
      await pushImage(registry, repositoryName, 'nothing known', 'unsupported');
      assert.match(await failed('unsupported'), /^UnsupportedImageError: /);
      await pushImage(registry, repositoryName, 'garbage', 'garbage');
      assert.match(await failed('garbage'), /not a JSON object/);
      await pushImage(registry, repositoryName, 'killed', 'killed');
      assert.match(await failed('killed'), /ended with SIGKILL: it said nothing$/);
    });

    it('are not for indexes, artifacts and archived images', async () => {
      const index = JSON.stringify({ schemaVersion: 2, mediaType: ociIndex, manifests: [] });
      await putManifest(registry, repositoryName, 'index', index, ociIndex);
      await pushImage(registry, repositoryName, 'sbom', 'sbom', { artifactType: 'application/x.sbom' });
      const start = (imageTag: string) => registry.call('StartImageScan', { repositoryName, imageId: { imageTag } });
      await assert.rejects(start('index'), { code: 'UnsupportedImageTypeException' });
      await assert.rejects(start('sbom'), { code: 'UnsupportedImageTypeException' });
      await assert.rejects(start('none'), { code: 'ImageNotFoundException' });
      const imageId = { imageTag: 'sbom' };
      await assert.rejects(registry.call('DescribeImageScanFindings', { repositoryName, imageId }), {
        code: 'ScanNotFoundException',
      });
      const targetStorageClass = 'ARCHIVE';
      await registry.call('UpdateImageStorageClass', {
        repositoryName,
        imageId: { imageTag: 'v1' },
        targetStorageClass,
      });
      await assert.rejects(start('v1'), { code: 'ImageArchivedException' });
      const shown = await registry.call('DescribeImageScanFindings', { repositoryName, imageId: { imageTag: 'v1' } });
      assert.equal(shown.imageScanStatus?.status, 'IMAGE_ARCHIVED');
    });

    it('that a stop cuts off end their program and are done again', async () => {
      await pushImage(registry, repositoryName, 'endless', 'endless');
      const note = join(directory, 'running');
      while (!existsSync(note)) await sleep(20);
      const [pid, unpacked = ''] = (await readFile(note, 'utf8')).split(' ');
      assert.ok(existsSync(unpacked));
      await rm(note);
      await registry.restart();
      assert.throws(() => process.kill(Number(pid), 0), 'the program goes on');
      assert.equal(existsSync(unpacked), false, 'what it unpacked is left behind');
      const imageId = { imageTag: 'endless' };
      const status = async () =>
        (await registry.call('DescribeImageScanFindings', { repositoryName, imageId })).imageScanStatus?.status;
      assert.equal(await status(), 'IN_PROGRESS');
      await registry.room.start();
      while (!existsSync(note)) await sleep(20);
      await registry.call('BatchDeleteImage', { repositoryName, imageIds: [imageId] });
      await registry.restart();
      assert.ok(existsSync(program));
      assert.deepEqual((await readdir(directory)).toSorted(), [kind, 'running'].toSorted());
    });
  });
}
