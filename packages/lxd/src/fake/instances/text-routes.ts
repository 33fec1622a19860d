/** Logs and templates of a fake instance: texts under names. */
import { done, FakeFailure, type FakeRoute } from '../reply.ts';
import type { NeedInstance } from './instance.ts';

/** Log files, and the templates in an image's metadata. */
export const textRoutes = (need: NeedInstance): readonly FakeRoute[] => {
  const take = (texts: Map<string, Buffer>, name: string): Buffer => {
    const found = texts.get(name);
    if (found === undefined) throw new FakeFailure(404, 'not found');
    return found;
  };
  const log = /^\/instances\/([^/]+)\/logs\/([^/]+)$/;
  const template = /^\/instances\/([^/]+)\/metadata\/templates$/;
  return [
    [
      'GET',
      /^\/instances\/([^/]+)\/logs$/,
      ({ project }, name = '') => ({
        metadata: [...need(name, project).logs.keys()].map((each) => `/1.0/instances/${name}/logs/${each}`),
      }),
    ],
    ['GET', log, ({ project }, name = '', file = '') => ({ bytes: take(need(name, project).logs, file) })],
    [
      'DELETE',
      log,
      ({ project }, name = '', file = '') => {
        take(need(name, project).logs, file);
        need(name, project).logs.delete(file);
        return done;
      },
    ],
    [
      'GET',
      /^\/instances\/([^/]+)\/metadata$/,
      ({ project }, name = '') => {
        const { fields } = need(name, project);
        return { metadata: { architecture: fields['architecture'], creation_date: 1, properties: {}, templates: {} } };
      },
    ],
    [
      'GET',
      template,
      ({ project, query }, name = '') => {
        const { templates } = need(name, project);
        const path = query.get('path');
        return path === null ? { metadata: [...templates.keys()] } : { bytes: take(templates, path) };
      },
    ],
    [
      'POST',
      template,
      ({ project, query, body }, name = '') => {
        need(name, project).templates.set(query.get('path') ?? '', body);
        return done;
      },
    ],
    [
      'DELETE',
      template,
      ({ project, query }, name = '') => {
        take(need(name, project).templates, query.get('path') ?? '');
        need(name, project).templates.delete(query.get('path') ?? '');
        return done;
      },
    ],
  ];
};
