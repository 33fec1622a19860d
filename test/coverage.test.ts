/** The generated tables of the documentation, held against the handlers: run `npm run docs` when this fails. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';

const root = join(import.meta.dirname, '..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const generated = execFileSync(
  process.execPath,
  ['--disable-warning=ExperimentalWarning', 'packages/cli/src/main.ts', 'coverage', '--markdown'],
  { cwd: root, encoding: 'utf8' },
);

describe('the documentation of what is there', () => {
  it('is what the handlers say', () => {
    assert.equal(read('docs/api-support.md'), generated);
  });

  it('has the same table in the README', () => {
    const table = /\| service \|[\s\S]*?\n\n/.exec(generated)?.[0].trim();
    assert.ok(table !== undefined && read('README.md').includes(table));
  });
});
