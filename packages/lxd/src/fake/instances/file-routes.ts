/** The files API of a fake instance, with LXD's headers. */
import { posix } from 'node:path';
import { done, type FakeReply, type FakeRequest, type FakeRoute } from '../reply.ts';
import type { NeedInstance } from './instance.ts';

/** Reading, writing and removing; a folder is answered as the list of its names. */
export const fileRoutes = (need: NeedInstance): readonly FakeRoute[] => {
  const path = /^\/instances\/([^/]+)\/files$/;
  const read = ({ query, project }: FakeRequest, name = ''): FakeReply => {
    const { files } = need(name, project);
    const at = query.get('path') ?? '/';
    const { type, mode, uid, gid, content } = files.get(at);
    const headers = {
      'X-LXD-type': type,
      'X-LXD-mode': `0${mode.toString(8)}`,
      'X-LXD-uid': String(uid),
      'X-LXD-gid': String(gid),
    };
    if (type === 'directory') return { bytes: JSON.stringify({ type: 'sync', metadata: files.names(at) }), headers };
    // LXD tells a relative link as an absolute one.
    if (type === 'symlink') return { bytes: posix.resolve(posix.dirname(at), content.toString()), headers };
    return { bytes: content, headers };
  };
  return [
    ['GET', path, read],
    ['HEAD', path, read],
    [
      'POST',
      path,
      ({ query, project, headers, body }, name = '') => {
        const header = (key: string): string => String(headers[`x-lxd-${key}`] ?? '');
        const type = (header('type') || 'file') as 'directory' | 'file' | 'symlink';
        // A mode without a leading zero is decimal to LXD.
        const mode = header('mode');
        const bits = Number.parseInt(
          mode || (type === 'directory' ? '0755' : '0644'),
          mode !== '' && !mode.startsWith('0') ? 10 : 8,
        );
        const file = { type, content: body, mode: bits, uid: Number(header('uid')), gid: Number(header('gid')) };
        need(name, project).files.put(query.get('path') ?? '/', file, header('write') === 'append');
        return done;
      },
    ],
    [
      'DELETE',
      path,
      ({ query, project }, name = '') => {
        need(name, project).files.remove(query.get('path') ?? '/');
        return done;
      },
    ],
  ];
};
