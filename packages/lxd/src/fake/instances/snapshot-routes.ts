/** Snapshots of a fake instance. */
import type { FakeOperations } from '../operations.ts';
import { checkMatch, etagOf, FakeFailure, fieldsOf, type FakeRoute } from '../reply.ts';
import { snapshotOf, type NeedInstance } from './instance.ts';

/** Snapshots as they are made, listed, changed, renamed and deleted; restoring one is a change of the instance. */
export const snapshotRoutes = (operations: FakeOperations, need: NeedInstance): readonly FakeRoute[] => {
  const all = /^\/instances\/([^/]+)\/snapshots$/;
  const one = /^\/instances\/([^/]+)\/snapshots\/([^/]+)$/;
  const find = (project: string, name: string, snapshot: string) => {
    const instance = need(name, project);
    return { found: snapshotOf(instance, snapshot), snapshots: instance.snapshots };
  };
  return [
    [
      'GET',
      all,
      ({ project }, name = '') => ({
        metadata: [...need(name, project).snapshots.values()].map(({ fields }) => fields),
      }),
    ],
    [
      'POST',
      all,
      (request, name = '') => {
        const { fields, files, snapshots } = need(name, request.project);
        const { name: snapshot = '', expires_at = '0001-01-01T00:00:00Z', stateful = false } = fieldsOf(request);
        const key = String(snapshot);
        if (snapshots.has(key)) throw new FakeFailure(409, `Snapshot "${key}" already in use`);
        return operations.begin({ description: 'Snapshotting instance' }, () => {
          const made = { ...fields, name: key, expires_at, stateful, created_at: new Date().toISOString(), size: -1 };
          snapshots.set(key, { fields: made, files: files.copy() });
        });
      },
    ],
    [
      'GET',
      one,
      ({ project }, name = '', snapshot = '') => {
        const { fields } = find(project, name, snapshot).found;
        return { metadata: fields, etag: etagOf(fields) };
      },
    ],
    [
      'PUT',
      one,
      (request, name = '', snapshot = '') => {
        const { found, snapshots } = find(request.project, name, snapshot);
        checkMatch(request, found.fields);
        const { expires_at } = fieldsOf(request);
        return operations.begin({ description: 'Updating snapshot' }, () => {
          snapshots.set(snapshot, { ...found, fields: { ...found.fields, expires_at } });
        });
      },
    ],
    [
      'POST',
      one,
      (request, name = '', snapshot = '') => {
        const { found, snapshots } = find(request.project, name, snapshot);
        const to = String(fieldsOf(request)['name']);
        return operations.begin({ description: 'Renaming snapshot' }, () => {
          snapshots.delete(snapshot);
          snapshots.set(to, { ...found, fields: { ...found.fields, name: to } });
        });
      },
    ],
    [
      'DELETE',
      one,
      ({ project }, name = '', snapshot = '') => {
        const { snapshots } = find(project, name, snapshot);
        return operations.begin({ description: 'Deleting snapshot' }, () => void snapshots.delete(snapshot));
      },
    ],
  ];
};
