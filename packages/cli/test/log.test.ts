import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { openLogLines } from '../src/log-lines.ts';

const systemError = (code: string): Error => Object.assign(new Error(code), { code });

describe('the log', () => {
  for (const format of ['json', 'human']) {
    it(`never stops who logs, on a full disk, as ${format}`, () => {
      const source = `
        import { openLog } from ${JSON.stringify(join(import.meta.dirname, '../src/log.ts'))};
        const log = openLog('${format}');
        for (let n = 0; n < 1000; n += 1) log('info', 'busy', { n });
        log('error', 'and the disk is full');
        process.stdout.write('alive');`;
      const full = openSync('/dev/full', 'w');
      const output = execFileSync(process.execPath, ['--input-type=module', '-e', source], {
        stdio: ['ignore', 'pipe', full],
        timeout: 10_000,
      });
      closeSync(full);
      assert.equal(output.toString(), 'alive');
    });
  }

  it('says where lines are missing, and waits for a slow reader', () => {
    let written = '';
    let room = 0;
    let failure = '';
    const lines = openLogLines(
      -1,
      (code) => `lost: ${code}\n`,
      (bytes) => {
        if (room === 0) throw systemError(failure);
        const part = Buffer.from(bytes.subarray(0, room)).toString();
        room -= part.length;
        written += part;
        return part.length;
      },
    );
    const log = (line: string, space: number, code: string): void => {
      [room, failure] = [space, code];
      lines.write(`${line}\n`);
      lines.flush();
    };
    log('one', 100, '');
    log('two', 2, 'EAGAIN');
    log('three', 100, '');
    log('four', 2, 'ENOSPC');
    log('five', 0, 'ENOSPC');
    log('six', 100, '');
    assert.equal(written, 'one\ntwo\nthree\nfo\nlost: ENOSPC\nsix\n');
  });
});
