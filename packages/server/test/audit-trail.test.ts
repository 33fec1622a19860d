import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { auditFiles, isAudited, openAuditTrail } from '../src/audit-trail.ts';

describe('the audit trail', () => {
  it('notes what changes something and what was refused, in a file of its owner alone', () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'oreno-audit-'));
    const passed: string[] = [];
    const trail = openAuditTrail(
      dataDir,
      () => 0,
      (_level, message) => passed.push(message),
    );
    trail.log('info', 'request', { operation: 'RunTask', principal: 'root', status: 200 });
    trail.log('info', 'request', { operation: 'DescribeTasks', status: 200 });
    trail.log('info', 'request', { operation: 'DescribeTasks', status: 403, error: 'AccessDeniedException' });
    trail.log('info', 'something else', {});
    trail.close();
    const file = auditFiles(dataDir).at(-1) ?? '';
    const lines = readFileSync(file, 'utf8').trim().split('\n');
    assert.deepEqual(
      lines.map((line) => (JSON.parse(line) as { operation: string }).operation),
      ['RunTask', 'DescribeTasks'],
    );
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.equal(passed.length, 4);
    rmSync(dataDir, { recursive: true });
  });

  it('leaves out what agents and drivers send all the time', () => {
    for (const operation of ['SubmitTaskStateChange', 'PutLogEvents', 'PutMetricData', 'DiscoverPollEndpoint']) {
      assert.equal(isAudited({ operation, status: 200 }), false, operation);
    }
  });
});
