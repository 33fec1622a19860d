/** The files of a fake instance, in memory. */
import { posix } from 'node:path';
import { FakeFailure } from './reply.ts';

export interface FakeFile {
  readonly type: 'directory' | 'file' | 'symlink';
  /** Of a symlink: its target. */
  readonly content: Buffer;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

const folder: FakeFile = { type: 'directory', content: Buffer.alloc(0), mode: 0o755, uid: 0, gid: 0 };
const usual = ['/', '/bin', '/etc', '/root', '/tmp', '/var', '/usr', '/usr/bin'];

export class FakeFiles {
  readonly #files: Map<string, FakeFile>;

  constructor(files: Iterable<readonly [string, FakeFile]> = usual.map((path) => [path, folder] as const)) {
    this.#files = new Map(files);
  }

  copy(): FakeFiles {
    return new FakeFiles(this.#files);
  }

  get(path: string): FakeFile {
    const found = this.#files.get(normal(path));
    if (found === undefined) throw new FakeFailure(404, 'not found');
    return found;
  }

  names(path: string): readonly string[] {
    const at = normal(path);
    return [...this.#files.keys()]
      .filter((each) => each !== at && posix.dirname(each) === at)
      .map((each) => posix.basename(each));
  }

  put(path: string, file: FakeFile, isAppended = false): void {
    const at = normal(path);
    if (this.#files.get(posix.dirname(at))?.type !== 'directory') throw new FakeFailure(404, 'file does not exist');
    const before = this.#files.get(at);
    if (file.type === 'directory' && before?.type === 'directory') return;
    if (!isAppended || before === undefined) this.#files.set(at, file);
    else this.#files.set(at, { ...before, content: Buffer.concat([before.content, file.content]) });
  }

  remove(path: string): void {
    this.get(path);
    if (this.names(path).length > 0) throw new FakeFailure(500, 'sftp: "Failure" (SSH_FX_FAILURE)');
    this.#files.delete(normal(path));
  }
}

const normal = (path: string): string => posix.resolve('/', path);
